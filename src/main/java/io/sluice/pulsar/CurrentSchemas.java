package io.sluice.pulsar;

import io.sluice.SluiceException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.impl.PulsarClientImpl;
import org.apache.pulsar.common.api.proto.CommandGetSchemaResponse;
import org.apache.pulsar.common.api.proto.Schema;
import org.apache.pulsar.common.api.proto.ServerError;
import org.apache.pulsar.common.protocol.Commands;

/**
 * Asks the brokers which schema version topics have now, on the connection that messages come on:
 * no admin endpoint is needed for a stream to know that nothing has changed.
 *
 * <p>The client's own look-up answers without the version's number, which tells a schema that was
 * deleted and registered again. So the command {@code GetSchema} of Pulsar's binary protocol is
 * sent as it is.
 */
public final class CurrentSchemas {

  private static final int PATIENCE_SECONDS = 30;
  private static final RegisteredSchemas.Version NONE =
      RegisteredSchemas.Version.of(TopicSchema.none());

  private CurrentSchemas() {}

  /**
   * The newest version of each topic, {@link TopicSchema#NO_VERSION} for a topic without a schema.
   * Its fingerprint is comparable with that of another such answer only: the admin endpoint writes
   * a KEY_VALUE definition in another way.
   *
   * @throws SluiceException NOT_AUTHORIZED or BROKER_UNREACHABLE if the brokers cannot be asked
   */
  public static Map<String, RegisteredSchemas.Version> of(
      Cluster cluster, Collection<String> topics) {
    return Cluster.patiently(
        () -> {
          Map<String, RegisteredSchemas.Version> versions = new TreeMap<>();
          Cluster.forAll(topics, topic -> ask(cluster, topic))
              .forEach(answer -> versions.put(answer.getKey(), answer.getValue()));
          return versions;
        });
  }

  private static CompletableFuture<Map.Entry<String, RegisteredSchemas.Version>> ask(
      Cluster cluster, String topic) {
    PulsarClientImpl client = (PulsarClientImpl) cluster.client();
    return client
        .getConnectionToServiceUrl()
        .thenCompose(
            connection -> {
              long request = client.newRequestId();
              return connection.sendGetRawSchema(
                  Commands.newGetSchema(request, topic, Optional.empty()), request);
            })
        .thenApply(CurrentSchemas::version)
        .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .handle(
            (version, failure) -> {
              if (failure != null) {
                throw PulsarFailures.named(
                    failure, "read the schema of " + topic, cluster.connection());
              }
              return Map.entry(topic, version);
            });
  }

  private static RegisteredSchemas.Version version(CommandGetSchemaResponse answer) {
    if (answer.hasErrorCode()) {
      if (answer.getErrorCode() == ServerError.TopicNotFound) {
        return NONE;
      }
      throw new CompletionException(
          new PulsarClientException(answer.getErrorCode() + ": " + answer.getErrorMessage()));
    }
    Schema schema = answer.getSchema();
    return RegisteredSchemas.Version.of(
        new TopicSchema(
            SchemaCatalog.number(answer.getSchemaVersion()),
            Commands.getSchemaType(schema.getType()),
            schema.getSchemaData(),
            Map.of()));
  }
}
