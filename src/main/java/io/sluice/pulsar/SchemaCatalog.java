package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.impl.LookupService;
import org.apache.pulsar.client.impl.PulsarClientImpl;
import org.apache.pulsar.common.naming.TopicName;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.jspecify.annotations.Nullable;

/** Asks the broker's schema registry for the versions of a topic's schema. */
public final class SchemaCatalog {

  private static final int PATIENCE_SECONDS = 30;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private SchemaCatalog() {}

  /** The newest schema of a topic, or {@link TopicSchema#none}. */
  public static TopicSchema newest(Cluster cluster, String topic) {
    try {
      var newest =
          cluster
              .admin()
              .schemas()
              .getSchemaInfoWithVersionAsync(topic)
              .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      return schema(newest.getVersion(), newest.getSchemaInfo());
    } catch (ExecutionException failure) {
      if (PulsarFailures.isMissing(failure)) {
        return TopicSchema.none();
      }
      throw PulsarFailures.named(failure, "read the schema of " + topic, cluster.connection());
    } catch (TimeoutException failure) {
      throw PulsarFailures.named(failure, "read the schema of " + topic, cluster.connection());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw PulsarFailures.named(stopped, "read the schema of " + topic, cluster.connection());
    }
  }

  /**
   * The schema a message was written with, asked for by the binary protocol.
   *
   * @param version as the message carries it; null if it carries none, which means the newest
   *     schema, or none if the topic has none
   * @throws SluiceException if the registry does not have it
   */
  public static TopicSchema writtenWith(
      PulsarOptions.Connection connection, String topic, byte @Nullable [] version) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try (PulsarClients.Lease lease = PulsarClients.acquire(connection)) {
      while (true) {
        try {
          return lookUp(lease.client(), topic, version).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException failure) {
          SluiceException named =
              PulsarFailures.named(
                  failure, "read schema version " + text(version) + " of " + topic, connection);
          // A look-up under way when its connection breaks is not repeated by the client.
          if (named.condition() != Condition.BROKER_UNREACHABLE || System.nanoTime() > deadline) {
            throw named;
          }
          LockSupport.parkNanos(RETRY_NANOS);
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw PulsarFailures.named(stopped, "read the schema of " + topic, connection);
    }
  }

  private static CompletableFuture<TopicSchema> lookUp(
      PulsarClient client, String topic, byte @Nullable [] version) {
    LookupService lookup = ((PulsarClientImpl) client).getLookup();
    TopicName name = TopicName.get(topic);
    if (version == null) {
      return lookup
          .getSchema(name)
          .thenApply(
              found ->
                  found
                      .map(info -> schema(TopicSchema.NO_VERSION, info))
                      .orElseGet(TopicSchema::none));
    }
    return lookup
        .getSchema(name, version)
        .thenApply(
            found ->
                schema(
                    number(version),
                    found.orElseThrow(
                        () ->
                            new SluiceException(
                                Condition.UNSUPPORTED_SCHEMA,
                                "The registry has no schema version "
                                    + number(version)
                                    + " of "
                                    + topic
                                    + ", but a message was written with it. Was the schema deleted"
                                    + " by force? Read the raw bytes with payload=bytes"))));
  }

  private static String text(byte @Nullable [] version) {
    return version == null ? "(newest)" : Long.toString(number(version));
  }

  private static TopicSchema schema(long version, SchemaInfo info) {
    return new TopicSchema(version, info.getType(), info.getSchema(), info.getProperties());
  }

  /** The number of a version: the broker's own registry writes 8 bytes, big-endian. */
  public static long number(byte[] version) {
    long number = 0;
    for (byte each : version) {
      number = number << 8 | (each & 0xff);
    }
    return number;
  }
}
