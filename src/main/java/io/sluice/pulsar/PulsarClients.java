package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.beans.IntrospectionException;
import java.beans.Introspector;
import java.beans.PropertyDescriptor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminBuilder;
import org.apache.pulsar.client.api.ClientBuilder;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.conf.ClientConfigurationData;

/**
 * The clients of one JVM: one {@link PulsarClient} per distinct connection, closed when its last
 * user has released it.
 *
 * <p>A client in use is never closed, and two clusters, or two identities on one cluster, never
 * share one.
 */
public final class PulsarClients {

  private static final Map<PulsarOptions.Connection, Shared> SHARED = new HashMap<>();

  /** A counted use of a shared client; closing it releases the client. */
  public static final class Lease implements AutoCloseable {
    private final Shared shared;
    private boolean released;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /** The client, valid until this lease is closed. */
    public PulsarClient client() {
      return shared.client;
    }

    @Override
    public void close() {
      synchronized (SHARED) {
        if (!released) {
          released = true;
          shared.release();
        }
      }
    }
  }

  private static final class Shared {
    private final PulsarOptions.Connection connection;
    private final PulsarClient client;
    private int users;

    private Shared(PulsarOptions.Connection connection, PulsarClient client) {
      this.connection = connection;
      this.client = client;
    }

    private void release() {
      users--;
      if (users == 0) {
        SHARED.remove(connection, this);
        var unused = client.closeAsync();
      }
    }
  }

  private PulsarClients() {}

  /**
   * Takes part in the client of a connection, opening it if nobody has.
   *
   * @throws SluiceException INVALID_JOB for a setting the client does not know, BROKER_UNREACHABLE
   *     or NOT_AUTHORIZED when it cannot be set up
   */
  public static Lease acquire(PulsarOptions.Connection connection) {
    synchronized (SHARED) {
      Shared shared = SHARED.get(connection);
      if (shared == null) {
        shared = new Shared(connection, open(connection));
        SHARED.put(connection, shared);
      }
      shared.users++;
      return new Lease(shared);
    }
  }

  private static PulsarClient open(PulsarOptions.Connection connection) {
    try {
      return loaded(PulsarClient.builder(), connection.client())
          .serviceUrl(connection.serviceUrl())
          .build();
    } catch (PulsarClientException | IllegalArgumentException failure) {
      throw PulsarFailures.named(failure, "set up the Pulsar client", connection);
    }
  }

  private static ClientBuilder loaded(ClientBuilder builder, Map<String, String> given) {
    Map<String, Object> settings = settings(given);
    try {
      return builder.loadConf(settings);
    } catch (RuntimeException unreadable) {
      throw unusable(given);
    }
  }

  private static PulsarAdminBuilder loaded(PulsarAdminBuilder builder, Map<String, String> given) {
    Map<String, Object> settings = settings(given);
    try {
      return builder.loadConf(settings);
    } catch (RuntimeException unreadable) {
      throw unusable(given);
    }
  }

  /** Without the cause: the client's own message quotes values, which may be secrets. */
  private static SluiceException unusable(Map<String, String> given) {
    return new SluiceException(
        Condition.INVALID_JOB,
        "Cannot use the Pulsar client settings "
            + String.join(", ", new TreeSet<>(given.keySet()))
            + ": one of them has a value of the wrong type, such as text for a number");
  }

  /**
   * Opens an admin client, which the caller closes. It uses the client's settings, too, unless the
   * admin's own say otherwise: both authenticate alike.
   */
  static PulsarAdmin openAdmin(PulsarOptions.Connection connection) {
    Map<String, String> merged = new HashMap<>(connection.client());
    merged.putAll(connection.admin());
    try {
      return loaded(PulsarAdmin.builder(), merged)
          .serviceHttpUrl(connection.adminUrl())
          .connectionTimeout(10, TimeUnit.SECONDS)
          .readTimeout(30, TimeUnit.SECONDS)
          .requestTimeout(30, TimeUnit.SECONDS)
          .build();
    } catch (PulsarClientException | IllegalArgumentException failure) {
      throw PulsarFailures.named(failure, "set up the Pulsar admin client", connection);
    }
  }

  /** The given settings under the names that the client knows, whose case does not matter. */
  private static Map<String, Object> settings(Map<String, String> given) {
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
    // Counting every message for a log line nobody asked for costs time on the hot path.
    settings.putIfAbsent("statsIntervalSeconds", 0);
    // A minute between two attempts to reconnect, the client's default, outlasts most outages.
    settings.putIfAbsent("maxBackoffIntervalNanos", TimeUnit.SECONDS.toNanos(5));
    return settings;
  }
}
