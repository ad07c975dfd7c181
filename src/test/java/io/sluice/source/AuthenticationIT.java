package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.testing.AuthenticationPage;
import io.sluice.testing.BrokerCredentials;
import io.sluice.testing.CollectedBatches;
import io.sluice.testing.OAuth2Issuer;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicStreams;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.common.policies.data.AuthAction;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every way to be let in that {@code docs/authentication.md} shows, as a role that may only
 * consume.
 */
class AuthenticationIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.secured();

  private static final String TOKEN_ROLE = "token-reader";
  private static final String OAUTH2_ROLE = "oauth2-reader";
  private static final String OAUTH2_SECRET = "client-secret-9f2b";
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static String namespace;
  private static String topic;
  private static OAuth2Issuer issuer;

  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);
  private final BrokerCredentials credentials = BROKER.credentials();

  @BeforeAll
  static void publish() throws Exception {
    namespace = BROKER.uniqueNamespace();
    for (String role :
        List.of(
            TOKEN_ROLE,
            OAUTH2_ROLE,
            BrokerCredentials.CERTIFICATE_ROLE,
            BrokerCredentials.PASSWORD_ROLE)) {
      BROKER
          .admin()
          .namespaces()
          .grantPermissionOnNamespace(namespace, role, Set.of(AuthAction.consume));
    }
    topic = "persistent://" + namespace + "/orders";
    BROKER.admin().topics().createPartitionedTopic(topic, 2);
    issuer =
        OAuth2Issuer.start(
            BROKER.credentials(), OAUTH2_ROLE, OAUTH2_SECRET, Duration.ofMinutes(10));
  }

  @AfterAll
  static void stopIssuer() {
    issuer.close();
  }

  @BeforeEach
  void publishSome() throws Exception {
    streams.publishBatch(topic + "-partition-0", CompressionType.LZ4, 20, "a");
    streams.publishBatch(topic + "-partition-1", CompressionType.NONE, 10, "b");
    Files.writeString(tokenFile(), credentials.token(TOKEN_ROLE) + "\n");
    Files.writeString(
        oauth2File(),
        "{\"type\":\"client_credentials\",\"client_id\":\"%s\",\"client_secret\":\"%s\"}"
            .formatted(OAUTH2_ROLE, OAUTH2_SECRET));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Token",
        "Token in a file",
        "Client certificate",
        "Key stores",
        "OAuth 2.0",
        "User and password"
      })
  void stream_byAnExampleOfThePage_readsEverything(String heading) throws Exception {
    CollectedBatches batches = streams.runAvailableNow(topic, example(heading), "checkpoint");
    streams.assertHoldsTopic(batches, topic);
  }

  @Test
  void stream_patternAndLimits_needNoMoreThanConsume() throws Exception {
    Map<String, String> options = example("Token");
    options.put("topicsPattern", "persistent://" + namespace + "/ord.*");
    options.put("maxRowsPerTrigger", "25");
    options.put("maxBytesPerTrigger", "100000");
    options.put("minPartitions", "8");
    CollectedBatches batches = streams.runAvailableNow(null, options, "checkpoint");
    streams.assertHoldsTopic(batches, topic);
    assertThat(batches.byBatch()).hasSizeGreaterThan(1);
  }

  @Test
  void load_patternWithPermissionOnATopicAlone_isRefusedByName() throws Exception {
    BROKER.admin().topics().grantPermission(topic, "one-topic", Set.of(AuthAction.consume));
    Map<String, String> options = example("Token");
    options.put("pulsar.client.authParams", "token:" + credentials.token("one-topic"));
    streams.assertHoldsTopic(streams.runAvailableNow(topic, options, "checkpoint"), topic);
    options.put("topicsPattern", "persistent://" + namespace + "/ord.*");
    assertThatThrownBy(() -> streams.stream(null, options))
        .hasMessageContaining("[" + Condition.NOT_AUTHORIZED + "]");
  }

  @Test
  void load_adminWithAnIdentityOfItsOwn_usesIt() throws Exception {
    Map<String, String> options = example("Token");
    options.put("pulsar.admin.authParams", "token:" + credentials.token("stranger"));
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.NOT_AUTHORIZED + "]");
  }

  @Test
  void stream_tokenFileReplacedBeforeExpiry_goesOn() throws Exception {
    Instant expiry = Instant.now().plusSeconds(8);
    Files.writeString(tokenFile(), credentials.token(TOKEN_ROLE, expiry));
    CollectedBatches batches = new CollectedBatches();
    StreamingQuery query =
        streams.stream(topic, example("Token in a file"))
            .writeStream()
            .foreachBatch(batches)
            .option("checkpointLocation", lake.path("checkpoint"))
            .trigger(Trigger.ProcessingTime(100))
            .start();
    try {
      Awaitility.await().atMost(PATIENCE).until(() -> !batches.rows().isEmpty());
      Path next = lake.path().resolve("next");
      Files.writeString(next, credentials.token(TOKEN_ROLE));
      Files.move(next, tokenFile(), StandardCopyOption.ATOMIC_MOVE);
      Awaitility.await().atMost(PATIENCE).until(() -> Instant.now().isAfter(expiry.plusSeconds(2)));
      BROKER.admin().topics().unload(topic + "-partition-0");
      streams.publishBatch(topic + "-partition-0", CompressionType.LZ4, 5, "late");
      query.processAllAvailable();
      streams.assertHoldsTopic(batches, topic);
    } finally {
      query.stop();
    }
  }

  @Test
  void load_expiredToken_isNamed() throws Exception {
    Files.writeString(tokenFile(), credentials.token(TOKEN_ROLE, Instant.now().minusSeconds(60)));
    assertRefused(example("Token in a file"), credentials.token(TOKEN_ROLE));
  }

  @Test
  void load_fileThatDoesNotExist_isNamed() throws Exception {
    Files.delete(tokenFile());
    assertThatThrownBy(() -> streams.stream(topic, example("Token in a file")))
        .hasMessageContaining("[" + Condition.INVALID_JOB + "]")
        .hasMessageContaining(tokenFile().toString());
    Map<String, String> options = example("Key stores");
    options.put("pulsar.client.tlsTrustStorePath", "/nowhere/trust.jks");
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.INVALID_JOB + "]")
        .hasMessageContaining("/nowhere/trust.jks");
  }

  @Test
  void load_wrongPassword_isNamedWithoutIt() throws Exception {
    Map<String, String> options = example("User and password");
    options.replaceAll((key, value) -> value.replace(credentials.password(), "wrong-7731"));
    assertRefused(options, "wrong-7731");
  }

  @Test
  void load_unknownClientSecret_isNamedWithoutIt() throws Exception {
    Files.writeString(
        oauth2File(), "{\"client_id\":\"oauth2-reader\",\"client_secret\":\"wrong-5512\"}");
    assertRefused(example("OAuth 2.0"), "wrong-5512");
  }

  @Test
  void load_certificateForAnotherHost_isRefusedByName() throws Exception {
    Map<String, String> options = example("Token");
    options.computeIfPresent(
        "admin.url", (key, url) -> url.replace("//localhost:", "//127.0.0.1:"));
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.BROKER_UNREACHABLE + "]")
        .hasMessageContaining("the certificate is refused for host 127.0.0.1");
    options.put("pulsar.client.tlsHostnameVerificationEnable", "false");
    streams.assertHoldsTopic(streams.runAvailableNow(topic, options, "checkpoint"), topic);
  }

  @Test
  void load_certificateOfAnUnknownIssuer_isRefusedByName() throws Exception {
    Map<String, String> options = example("Token");
    options.put(
        "pulsar.client.tlsTrustCertsFilePath", credentials.client().certificate().toString());
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.BROKER_UNREACHABLE + "]")
        .hasMessageContaining("certificate");
  }

  @Test
  void load_keyStoreParametersThatTheClientWouldLog_areRefused() throws Exception {
    Map<String, String> options = example("Key stores");
    options.put(
        "pulsar.client.authParams",
        "keyStoreType:JKS,keyStorePath:/x,keyStorePassword:" + credentials.storePassword());
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.INVALID_JOB + "]")
        .hasMessageContaining("JSON")
        .satisfies(
            failure -> assertThat(failure.toString()).doesNotContain(credentials.storePassword()));
  }

  private void assertRefused(Map<String, String> options, String secret) {
    assertThatThrownBy(() -> streams.stream(topic, options))
        .hasMessageContaining("[" + Condition.NOT_AUTHORIZED + "]")
        .satisfies(failure -> assertThat(failure.toString()).doesNotContain(secret));
  }

  /** The options of a section over those for TLS, with what exists here in place of its names. */
  private Map<String, String> example(String heading) throws Exception {
    Map<String, String> options = new HashMap<>(AuthenticationPage.options("TLS"));
    options.putAll(AuthenticationPage.options(heading));
    Map<String, String> names =
        Map.ofEntries(
            Map.entry("pulsar+ssl://pulsar.example.com:6651", BROKER.server().serviceUrlTls()),
            Map.entry("https://pulsar.example.com:8443", BROKER.server().adminUrlTls()),
            Map.entry("https://issuer.example.com", issuer.url()),
            Map.entry("/etc/pulsar/ca.pem", credentials.trustCertificates().toString()),
            Map.entry("/etc/pulsar/reader.cert.pem", credentials.client().certificate().toString()),
            Map.entry("/etc/pulsar/reader.key.pem", credentials.client().privateKey().toString()),
            Map.entry("/etc/pulsar/reader.p12", credentials.client().store().toString()),
            Map.entry("/etc/pulsar/trust.jks", credentials.trustStore().toString()),
            Map.entry("/run/secrets/pulsar-token", tokenFile().toString()),
            Map.entry("/run/secrets/oauth2.json", oauth2File().toString()),
            Map.entry("token:TOKEN", "token:" + credentials.token(TOKEN_ROLE)),
            Map.entry("\"STORE_PASSWORD\"", '"' + credentials.storePassword() + '"'),
            Map.entry("\"PASSWORD\"", '"' + credentials.password() + '"'));
    options.replaceAll(
        (key, value) -> {
          String real = value.equals("STORE_PASSWORD") ? credentials.storePassword() : value;
          for (Map.Entry<String, String> name : names.entrySet()) {
            real = real.replace(name.getKey(), name.getValue());
          }
          return real;
        });
    return options;
  }

  private Path tokenFile() {
    return lake.path().resolve("token");
  }

  private Path oauth2File() {
    return lake.path().resolve("oauth2.json");
  }
}
