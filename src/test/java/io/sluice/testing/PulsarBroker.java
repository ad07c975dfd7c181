package io.sluice.testing;

import io.sluice.broker.PulsarStandalone;
import io.sluice.broker.StandaloneSettings;
import java.nio.file.Path;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.Authentication;
import org.apache.pulsar.client.api.AuthenticationFactory;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.auth.AuthenticationDisabled;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A real Pulsar server for the tests of a class.
 *
 * <p>{@code @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared()} (or
 * {@code @ExtendWith(PulsarBroker.class)} with a parameter) uses the one server of the test JVM:
 * started by the first class that asks, stopped after the last. Transactions are on; nothing is
 * ever deleted by retention unless a namespace says so; ledgers roll when a topic is unloaded;
 * {@link EntryFilterPlugin} is at hand. {@link #dedicated} starts a server for one class, which may
 * kill and restart it.
 */
public final class PulsarBroker implements BeforeAllCallback, ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(PulsarBroker.class);
  private static final Path UNPACKED = Path.of("target", "pulsar");

  /** Of this test JVM, as several run side by side. */
  private static final Path DIRECTORIES =
      Path.of("target", "brokers", System.getProperty("sluice.test.fork", "fork-0"));

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final @Nullable StandaloneSettings dedicated;
  private final @Nullable BrokerCredentials credentials;
  private @Nullable Running running;

  /** For {@code @ExtendWith}: the server that the whole test JVM shares. */
  public PulsarBroker() {
    this(null, null);
  }

  private PulsarBroker(
      @Nullable StandaloneSettings dedicated, @Nullable BrokerCredentials credentials) {
    this.dedicated = dedicated;
    this.credentials = credentials;
  }

  /** The server that the whole test JVM shares. */
  public static PulsarBroker shared() {
    return new PulsarBroker();
  }

  /**
   * A server of the test class's own.
   *
   * @param change what differs from the shared server's settings
   */
  public static PulsarBroker dedicated(UnaryOperator<StandaloneSettings> change) {
    return new PulsarBroker(change.apply(settings("dedicated-" + NUMBER.incrementAndGet())), null);
  }

  /**
   * The server that the whole test JVM shares and that asks for credentials; it listens on TLS
   * ports, too. {@link #credentials()} has what a client may show, and {@link #client()} and {@link
   * #admin()} act as its superuser.
   */
  public static PulsarBroker secured() {
    return new PulsarBroker(Secured.SETTINGS, Secured.CREDENTIALS);
  }

  /** Made when the first class asks for it. */
  private static final class Secured {
    private static final StandaloneSettings PLAIN = settings("secured");
    static final BrokerCredentials CREDENTIALS =
        BrokerCredentials.create(PLAIN.directory().resolve("credentials"));
    static final StandaloneSettings SETTINGS = CREDENTIALS.secure(PLAIN);
  }

  /**
   * A server that runs at once, for tests that JUnit does not run; {@link #stop} ends it.
   *
   * @param name its directory's name, which no other server of the build has
   */
  public static PulsarBroker started(String name) {
    StandaloneSettings settings = settings(name);
    var broker = new PulsarBroker(settings, null);
    broker.running = Running.start(settings);
    return broker;
  }

  /** Ends a {@link #started} server and its clients. */
  public void stop() throws PulsarClientException {
    running().close();
    running = null;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    StandaloneSettings own = dedicated == null ? settings("shared") : dedicated;
    boolean ofTheClass = dedicated != null && credentials == null;
    running =
        (ofTheClass ? context : context.getRoot())
            .getStore(NAMESPACE)
            .computeIfAbsent(
                own.directory(),
                key -> Running.start(dedicated == null ? withPlugins(own) : own),
                Running.class);
  }

  /** The server process: to stop, kill and restart a dedicated one. */
  public PulsarStandalone server() {
    return running().server();
  }

  /** The binary protocol's address. */
  public String serviceUrl() {
    return server().serviceUrl();
  }

  /** The admin endpoint's address. */
  public String adminUrl() {
    return server().adminUrl();
  }

  /** Tokens and trusted certificates of a {@link #secured()} server. */
  public BrokerCredentials credentials() {
    return Objects.requireNonNull(credentials, "the broker is not secured");
  }

  /** A client of this server, closed with it. */
  public PulsarClient client() {
    return running().client();
  }

  /** An admin client of this server, closed with it. */
  public PulsarAdmin admin() {
    return running().admin();
  }

  /** The full name of a topic that does not exist yet, in {@code public/default}. */
  public String uniqueTopic(String name) {
    return "persistent://public/default/" + name + "-" + suffix();
  }

  /** A new empty namespace, as {@code public/NAME}. */
  public String uniqueNamespace() throws PulsarAdminException {
    String namespace = "public/ns-" + suffix();
    admin().namespaces().createNamespace(namespace);
    return namespace;
  }

  /**
   * Creates a topic under a unique name.
   *
   * @param name the start of its name
   * @param partitions how many partitions; 0 for a topic that is not partitioned
   * @return its full name
   */
  public String createTopic(String name, int partitions) throws PulsarAdminException {
    String topic = uniqueTopic(name);
    if (partitions == 0) {
      admin().topics().createNonPartitionedTopic(topic);
    } else {
      admin().topics().createPartitionedTopic(topic, partitions);
    }
    return topic;
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == PulsarBroker.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    return this;
  }

  private Running running() {
    return Objects.requireNonNull(running, "the broker runs only while its test class does");
  }

  private static StandaloneSettings withPlugins(StandaloneSettings settings) {
    return EntryFilterPlugin.offered(settings, DIRECTORIES.resolve("entry-filter"));
  }

  private static String suffix() {
    return UUID.randomUUID().toString().substring(0, 8);
  }

  private static StandaloneSettings settings(String name) {
    return StandaloneSettings.in(UNPACKED, DIRECTORIES.resolve(name))
        .withShortLife()
        .with("transactionCoordinatorEnabled", "true")
        .with("brokerDeleteInactiveTopicsEnabled", "false")
        .with("defaultRetentionTimeInMinutes", "-1")
        .with("defaultRetentionSizeInMB", "-1")
        .with("managedLedgerMaxEntriesPerLedger", "50000")
        .with("managedLedgerMinLedgerRolloverTimeMinutes", "0")
        .with("forceDeleteNamespaceAllowed", "true");
  }

  /** A started server with its clients, as JUnit's store keeps and closes it. */
  private record Running(PulsarStandalone server, PulsarClient client, PulsarAdmin admin)
      implements AutoCloseable {

    static Running start(StandaloneSettings settings) {
      PulsarStandalone server = PulsarStandalone.start(settings);
      try {
        Authentication authentication =
            settings
                .adminToken()
                .map(AuthenticationFactory::token)
                .orElse(AuthenticationDisabled.INSTANCE);
        return new Running(
            server,
            PulsarClient.builder()
                .serviceUrl(server.serviceUrl())
                .authentication(authentication)
                .enableTransaction(true)
                .build(),
            PulsarAdmin.builder()
                .serviceHttpUrl(server.adminUrl())
                .authentication(authentication)
                .build());
      } catch (PulsarClientException e) {
        server.close();
        throw new IllegalStateException("no client of the test broker", e);
      }
    }

    @Override
    public void close() throws PulsarClientException {
      admin.close();
      try {
        client.close();
      } finally {
        server.close();
      }
    }
  }
}
