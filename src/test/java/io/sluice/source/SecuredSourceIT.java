package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.common.policies.data.AuthAction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SecuredSourceIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.secured();
  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @Test
  void stream_overTlsAsARoleThatMayOnlyConsume_readsEverything() throws Exception {
    String topic = topicReadableBy("reader");
    CollectedBatches batches =
        streams.runAvailableNow(topic, as(BROKER.credentials().token("reader")), "checkpoint");
    streams.assertHoldsTopic(batches, topic);
  }

  @Test
  void load_wrongToken_isNamedAndSaysNothingOfTheToken() throws Exception {
    String topic = topicReadableBy("reader");
    String token = BROKER.credentials().token("reader") + "x";
    assertThatThrownBy(() -> streams.stream(topic, as(token)))
        .hasMessageContaining("[" + Condition.NOT_AUTHORIZED + "]")
        .hasMessageContaining("Check the token")
        .satisfies(failure -> assertThat(failure.toString()).doesNotContain(token));
  }

  @Test
  void load_roleWithoutPermission_isNamed() throws Exception {
    String topic = topicReadableBy("reader");
    assertThatThrownBy(() -> streams.stream(topic, as(BROKER.credentials().token("stranger"))))
        .hasMessageContaining("[" + Condition.NOT_AUTHORIZED + "]");
  }

  @Test
  void token_isInNoPlanCheckpointOrLog() throws Exception {
    String topic = topicReadableBy("reader");
    String token = BROKER.credentials().token("reader");
    streams.runAvailableNow(topic, as(token), "checkpoint");
    Dataset<Row> stream = streams.stream(topic, as(token));
    assertThat(stream.queryExecution().toString()).doesNotContain(token);
    assertThat(stream.queryExecution().logical().toJSON()).doesNotContain(token);
    try (Stream<Path> files = Files.walk(lake.path())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(text(file)).as(file.toString()).doesNotContain(token);
      }
    }
    assertThat(text(Path.of("target", "tests.log"))).doesNotContain(token);
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1);
  }

  private String topicReadableBy(String role) throws Exception {
    String topic = BROKER.createTopic("secured", 2);
    BROKER.admin().topics().grantPermission(topic, role, Set.of(AuthAction.consume));
    for (int partition : List.of(0, 1)) {
      streams.publishBatch(topic + "-partition-" + partition, CompressionType.LZ4, 50, "m");
    }
    return topic;
  }

  private static Map<String, String> as(String token) {
    Map<String, String> options = new HashMap<>();
    options.put("service.url", BROKER.server().serviceUrlTls());
    options.put("admin.url", BROKER.server().adminUrlTls());
    options.put(
        "pulsar.client.authPluginClassName",
        "org.apache.pulsar.client.impl.auth.AuthenticationToken");
    options.put("pulsar.client.authParams", "token:" + token);
    options.put(
        "pulsar.client.tlsTrustCertsFilePath", BROKER.credentials().trustCertificates().toString());
    options.put("pulsar.client.tlsHostnameVerificationEnable", "true");
    return options;
  }
}
