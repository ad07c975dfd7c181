package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.impl.LookupService;
import org.apache.pulsar.client.impl.PulsarClientImpl;
import org.apache.pulsar.common.naming.TopicName;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.jspecify.annotations.Nullable;

/** Asks the broker's schema registry for the versions of a topic's schema. */
public final class SchemaCatalog {

  private static final int PATIENCE_SECONDS = 30;
  private static final int ATTEMPTS = 5;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private SchemaCatalog() {}

  /**
   * The newest schema of each topic, {@link TopicSchema#none} for a topic without one; asked for
   * concurrently.
   *
   * @throws SluiceException NOT_AUTHORIZED or BROKER_UNREACHABLE if the registry cannot be asked
   */
  public static Map<String, TopicSchema> newest(Cluster cluster, Collection<String> topics) {
    return forAll(cluster, topics, topic -> newest(cluster, topic));
  }

  /**
   * All versions of each topic's schema in ascending order, empty for a topic without one; asked
   * for concurrently. After a schema was deleted, those registered since.
   *
   * @throws SluiceException NOT_AUTHORIZED or BROKER_UNREACHABLE if the registry cannot be asked
   */
  public static Map<String, List<TopicSchema>> versions(
      Cluster cluster, Collection<String> topics) {
    return forAll(cluster, topics, topic -> versions(cluster, topic, ATTEMPTS));
  }

  private static <T> Map<String, T> forAll(
      Cluster cluster, Collection<String> topics, Function<String, CompletableFuture<T>> question) {
    Map<String, T> answers = new TreeMap<>();
    Cluster.forAll(
            topics,
            topic ->
                question
                    .apply(topic)
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .handle(
                        (answer, failure) -> {
                          if (failure != null) {
                            throw PulsarFailures.named(
                                failure, "read the schema of " + topic, cluster.connection());
                          }
                          return Map.entry(topic, answer);
                        }))
        .forEach(each -> answers.put(each.getKey(), each.getValue()));
    return answers;
  }

  private static CompletableFuture<TopicSchema> newest(Cluster cluster, String topic) {
    return cluster
        .admin()
        .schemas()
        .getSchemaInfoWithVersionAsync(topic)
        .thenApply(newest -> schema(newest.getVersion(), newest.getSchemaInfo()))
        .exceptionally(failure -> ifMissing(failure, TopicSchema.none()));
  }

  /**
   * The list of all versions comes without their numbers; they end with the newest one's. If
   * another version was registered in between, both questions are asked again.
   */
  private static CompletableFuture<List<TopicSchema>> versions(
      Cluster cluster, String topic, int attempts) {
    return cluster
        .admin()
        .schemas()
        .getAllSchemasAsync(topic)
        .exceptionally(failure -> ifMissing(failure, List.of()))
        .thenCompose(
            all ->
                newest(cluster, topic)
                    .thenCompose(
                        newest -> {
                          List<TopicSchema> numbered = new ArrayList<>();
                          for (SchemaInfo info : all) {
                            numbered.add(
                                schema(newest.version() - all.size() + numbered.size() + 1, info));
                          }
                          boolean ends =
                              all.isEmpty()
                                  ? newest.version() == TopicSchema.NO_VERSION
                                  : numbered.get(all.size() - 1).equals(newest);
                          return ends || attempts == 0
                              ? CompletableFuture.completedFuture(List.copyOf(numbered))
                              : versions(cluster, topic, attempts - 1);
                        }));
  }

  private static <T> T ifMissing(Throwable failure, T instead) {
    if (PulsarFailures.isMissing(failure)) {
      return instead;
    }
    throw failure instanceof CompletionException wrapped
        ? wrapped
        : new CompletionException(failure);
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
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Cluster.PATIENCE_SECONDS);
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
