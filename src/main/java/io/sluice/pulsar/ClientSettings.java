package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.beans.IntrospectionException;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.impl.conf.ClientConfigurationData;

/** The settings of the Pulsar clients: those given, by their right names, and Sluice's defaults. */
final class ClientSettings {

  private static final String VERIFY_HOSTNAME = "tlsHostnameVerificationEnable";

  private ClientSettings() {}

  /** What is given for the admin client: the client's settings, unless its own say otherwise. */
  static Map<String, String> ofAdmin(PulsarOptions.Connection connection) {
    Map<String, String> merged = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    merged.putAll(connection.client());
    merged.putAll(connection.admin());
    return merged;
  }

  /**
   * The given settings under the names that the client knows, whose case does not matter, and what
   * Sluice sets where nothing is given.
   *
   * @throws SluiceException INVALID_JOB for a name that the client does not know, or parameters
   *     that it would log
   */
  static Map<String, Object> of(Map<String, String> given) {
    TreeSet<String> known = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    try {
      Arrays.stream(
              Introspector.getBeanInfo(ClientConfigurationData.class).getPropertyDescriptors())
          .filter(property -> property.getWriteMethod() != null)
          .map(PropertyDescriptor::getName)
          .forEach(known::add);
    } catch (IntrospectionException unreadable) {
      throw new IllegalStateException("Cannot list the client's settings", unreadable);
    }
    HashMap<String, Object> settings = new HashMap<>();
    given.forEach(
        (name, value) -> {
          String spelled = known.contains(name) ? known.floor(name) : null;
          if (spelled == null) {
            throw new SluiceException(
                Condition.INVALID_JOB,
                "Unknown Pulsar client setting '"
                    + name
                    + "'; known are "
                    + String.join(", ", known));
          }
          settings.put(spelled, ClientClassName.of(value));
        });
    refuseParametersThatWouldBeLogged(settings);
    settings.putIfAbsent(VERIFY_HOSTNAME, true);
    // Counting every message for a log line nobody asked for costs time on the hot path.
    settings.putIfAbsent("statsIntervalSeconds", 0);
    // A minute between two attempts to reconnect, the client's default, outlasts most outages.
    settings.putIfAbsent("maxBackoffIntervalNanos", TimeUnit.SECONDS.toNanos(5));
    return settings;
  }

  /** The client writes key store parameters into its log, password included, unless JSON. */
  private static void refuseParametersThatWouldBeLogged(Map<String, Object> settings) {
    String plugin = String.valueOf(settings.get("authPluginClassName"));
    String parameters = String.valueOf(settings.get("authParams")).strip();
    if (plugin.endsWith(".AuthenticationKeyStoreTls") && !parameters.startsWith("{")) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "Cannot use authParams of AuthenticationKeyStoreTls in their form name:value, because the"
              + " Pulsar client logs it with the password. Write them as JSON:"
              + " {\"keyStoreType\":\"PKCS12\",\"keyStorePath\":\"...\",\"keyStorePassword\":\"...\"}");
    }
  }
}
