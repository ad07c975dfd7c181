package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.testing.CollectedBatches;
import io.sluice.testing.EntryFilterPlugin;
import io.sluice.testing.MessageKey;
import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.testing.TopicContents;
import io.sluice.testing.TopicStreams;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.CompressionType;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.ProducerBuilder;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.transaction.Transaction;
import org.apache.pulsar.client.impl.DefaultCryptoKeyReader;
import org.apache.pulsar.client.impl.TypedMessageBuilderImpl;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a log may hold beside plain messages: all of it is read right, none of it stops a read. */
class LogContentsIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  /** One entry per batch, so that a batch ends behind every single entry. */
  private static final Map<String, String> ENTRY_BY_ENTRY = Map.of("maxBytesPerTrigger", "1");

  /** {@code REPLICATED_SUBSCRIPTION_UPDATE} of Pulsar's {@code MarkerType}. */
  private static final int MARKER = 13;

  @RegisterExtension final TempLake lake = new TempLake();

  private final TopicStreams streams = new TopicStreams(BROKER, lake);

  @Test
  void transactions_areReadWhenCommitted_andNeverWhenAborted() throws Exception {
    String topic = BROKER.createTopic("transactions", 1);
    Map<MessageKey, String> seen = new TreeMap<>();
    try (Producer<String> producer = singles(topic).create()) {
      producer.send("plain-0");
      write(producer, "committed", 3).commit().get(30, TimeUnit.SECONDS);
      write(producer, "aborted", 1).abort().get(30, TimeUnit.SECONDS);
      producer.send("plain-1");
      write(producer, "aborted-too", 20).abort().get(30, TimeUnit.SECONDS);
      write(producer, "committed-last", 1).commit().get(30, TimeUnit.SECONDS);

      CollectedBatches first = streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "transactions");
      assertThat(first.values().values())
          .containsExactly(
              "plain-0",
              "committed-0",
              "committed-1",
              "committed-2",
              "plain-1",
              "committed-last-0");
      seen.putAll(first.values());

      Transaction open = write(producer, "open", 2);
      producer.send("behind-open");
      CollectedBatches whileOpen = streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "transactions");
      assertThat(whileOpen.values()).isEmpty();

      open.commit().get(30, TimeUnit.SECONDS);
      CollectedBatches whenCommitted =
          streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "transactions");
      assertThat(whenCommitted.values().values())
          .containsExactly("open-0", "open-1", "behind-open");
      seen.putAll(whenCommitted.values());

      write(producer, "aborted-tail", 30).abort().get(30, TimeUnit.SECONDS);
      assertThat(streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "transactions").values()).isEmpty();
      producer.send("after");
      CollectedBatches after = streams.runAvailableNow(topic, Map.of(), "transactions");
      assertThat(after.values().values()).containsExactly("after");
      seen.putAll(after.values());
    }
    assertThat(seen).isEqualTo(TopicContents.read(BROKER.client(), topic));
  }

  private Transaction write(Producer<String> producer, String name, int messages) throws Exception {
    Transaction transaction =
        BROKER.client().newTransaction().withTransactionTimeout(5, TimeUnit.MINUTES).build().get();
    for (int i = 0; i < messages; i++) {
      producer.newMessage(transaction).value(name + "-" + i).send();
    }
    return transaction;
  }

  @Test
  void range_thatEndsInEntriesThatNeverArrive_endsByTheBrokersProof() throws Exception {
    String topic = BROKER.createTopic("undeliverable-end", 1);
    MessageIdAdv last;
    try (Producer<String> producer = singles(topic).create()) {
      producer.send("one");
      last = (MessageIdAdv) producer.send("two");
      markers(producer, 5);
      write(producer, "aborted", 50).abort().get(30, TimeUnit.SECONDS);
    }
    // 5 markers, 50 aborted messages and the marker of the abort; nothing is deliverable there.
    String end = last.getLedgerId() + ":" + (last.getEntryId() + 57);

    assertThat(read(topic, Map.of("endingOffsets", positions(topic, end), "pollTimeoutMs", "9000")))
        .containsExactly("one", "two");
  }

  @Test
  void markers_inTheLog_areNoGapAndNoMessage() throws Exception {
    String topic = BROKER.createTopic("markers", 1);
    try (Producer<String> producer = singles(topic).create()) {
      markers(producer, 1);
      producer.send("one");
      markers(producer, 2);
      producer.send("two");
      markers(producer, 3);
    }

    assertThat(streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "markers").values().values())
        .containsExactly("one", "two");
    assertThat(streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "markers").values()).isEmpty();
  }

  @Test
  void messages_thatAnEntryFilterRejects_areNoGapAndNoMessage_whereverTheyLie() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    EntryFilterPlugin.use(BROKER.admin(), namespace);
    String topic = "persistent://" + namespace + "/filtered";
    BROKER.admin().topics().createPartitionedTopic(topic, 1);
    try (Producer<String> producer = singles(topic).create()) {
      rejected(producer, 3);
      producer.send("one");
      rejected(producer, 2);
      producer.send("two");
      rejected(producer, 5);

      try (PlayedStream stream = new PlayedStream(streams, topic, "filtered", ENTRY_BY_ENTRY)) {
        assertThat(stream.readAll().values()).containsExactly("one", "two");
        rejected(producer, 20);
        String before = stream.position();
        assertThat(stream.readAll().values()).hasSize(2);
        assertThat(stream.position()).as("has gone over what was rejected").isNotEqualTo(before);
        rejected(producer, 1);
        producer.send("three");
        rejected(producer, 1);
        stream.restart(Map.of("pollTimeoutMs", "9000"));
        assertThat(stream.readAll().values()).containsExactly("one", "two", "three");
        assertThat(stream.metric("dataLossEvents")).isZero();
      }
    }
    assertThat(read(topic, Map.of("pollTimeoutMs", "9000", "minPartitions", "8")))
        .containsExactlyInAnyOrder("one", "two", "three");
  }

  private static void rejected(Producer<String> producer, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      producer.newMessage().property(EntryFilterPlugin.REJECTED, "").value("rejected").send();
    }
  }

  /** Writes entries that the broker takes for its own and delivers to nobody. */
  private static void markers(Producer<String> producer, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      TypedMessageBuilderImpl<String> marker =
          (TypedMessageBuilderImpl<String>) producer.newMessage().value("marker");
      marker.getMetadataBuilder().setMarkerType(MARKER);
      marker.send();
    }
  }

  @Test
  void chunkedMessages_interleavedAndAcrossBatches_areWhole() throws Exception {
    String topic = BROKER.createTopic("chunked", 1);
    publishChunked(topic);

    CollectedBatches batches = streams.runAvailableNow(topic, ENTRY_BY_ENTRY, "chunked");
    assertThat(batches.values()).isEqualTo(TopicContents.read(BROKER.client(), topic));
    assertThat(batches.values()).hasSize(15);
  }

  @Test
  void chunkedMessages_acrossSplits_belongToTheRangeOfTheirLastChunk() throws Exception {
    String topic = BROKER.createTopic("chunked-splits", 1);
    publishChunked(topic);

    assertThat(read(topic, Map.of("minPartitions", "16")))
        .containsExactlyInAnyOrderElementsOf(TopicContents.read(BROKER.client(), topic).values());
  }

  @Test
  void chunkedMessage_whoseFirstChunksAreOutOfReach_isALoss() throws Exception {
    String topic = BROKER.createTopic("chunked-loss", 1);
    MessageIdAdv id;
    try (Producer<String> producer = chunking(topic).create()) {
      id = (MessageIdAdv) producer.send("x".repeat(9000));
    }
    String lastChunk = positions(topic, id.getLedgerId() + ":" + id.getEntryId());
    Map<String, String> options = Map.of("startingOffsets", lastChunk, "chunkLookbackEntries", "2");

    assertThatThrownBy(() -> read(topic, options))
        .hasStackTraceContaining("chunked message")
        .hasStackTraceContaining("chunkLookbackEntries");
    assertThat(
            read(
                topic,
                Map.of(
                    "startingOffsets",
                    lastChunk,
                    "chunkLookbackEntries",
                    "2",
                    "failOnDataLoss",
                    "false")))
        .isEmpty();
    Map<String, String> goOn =
        Map.of(
            "startingOffsets", lastChunk, "chunkLookbackEntries", "2", "failOnDataLoss", "false");
    try (PlayedStream stream = new PlayedStream(streams, topic, "chunked-loss", goOn)) {
      assertThat(stream.readAll().values()).isEmpty();
      assertThat(stream.metric("dataLossEvents")).isEqualTo(1);
    }
    assertThat(read(topic, Map.of("startingOffsets", lastChunk))).hasSize(1);
  }

  /** Three producers at once, so that the chunks of their messages lie among each other. */
  private static void publishChunked(String topic) throws Exception {
    List<Producer<String>> producers = new ArrayList<>();
    List<CompletableFuture<MessageId>> sent = new ArrayList<>();
    for (CompressionType compression :
        List.of(CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD)) {
      producers.add(chunking(topic).compressionType(compression).create());
    }
    for (int i = 0; i < 5; i++) {
      for (Producer<String> producer : producers) {
        sent.add(producer.sendAsync(incompressible(i * 900)));
      }
    }
    CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    for (Producer<String> producer : producers) {
      producer.close();
    }
  }

  private static ProducerBuilder<String> chunking(String topic) {
    return singles(topic).enableChunking(true).chunkMaxMessageSize(1000);
  }

  private static String incompressible(int length) {
    StringBuilder text = new StringBuilder(length);
    new Random(length).ints(length, 33, 126).forEach(text::appendCodePoint);
    return text.toString();
  }

  @Test
  void encryptedMessages_areDecryptedWithTheKey_andAnErrorWithoutIt() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair pair = generator.generateKeyPair();
    Path folder = Files.createDirectories(Path.of(lake.path("keys")));
    Path open = pem(folder, "PUBLIC KEY", pair.getPublic().getEncoded());
    Path secret = pem(folder, "PRIVATE KEY", pair.getPrivate().getEncoded());
    Path wrong = pem(folder, "PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded());
    String topic = BROKER.createTopic("encrypted", 1);
    try (Producer<String> batching =
            encrypting(topic, open).batchingMaxPublishDelay(1, TimeUnit.HOURS).create();
        Producer<String> chunked =
            encrypting(topic, open)
                .enableBatching(false)
                .enableChunking(true)
                .chunkMaxMessageSize(1000)
                .create()) {
      for (int i = 0; i < 20; i++) {
        var unused = batching.sendAsync("batched-" + i);
      }
      batching.flush();
      chunked.send(incompressible(5000));
    }

    List<String> read = read(topic, Map.of("cryptoPrivateKey", secret.toUri().toString()));
    assertThat(read).hasSize(21).contains("batched-0", "batched-19", incompressible(5000));
    assertThat(read(topic, Map.of("cryptoPrivateKey.orders", secret.toUri().toString())))
        .isEqualTo(read);
    assertThatThrownBy(() -> read(topic, Map.of()))
        .hasStackTraceContaining("CORRUPT_ENTRY")
        .hasStackTraceContaining("encrypted with the key orders")
        .hasStackTraceContaining("cryptoPrivateKey");
    assertThatThrownBy(() -> read(topic, Map.of("cryptoPrivateKey", wrong.toUri().toString())))
        .hasStackTraceContaining("does not decrypt it");
  }

  private static ProducerBuilder<String> encrypting(String topic, Path publicKey) {
    return BROKER
        .client()
        .newProducer(Schema.STRING)
        .topic(topic)
        .compressionType(CompressionType.LZ4)
        .addEncryptionKey("orders")
        .cryptoKeyReader(
            DefaultCryptoKeyReader.builder()
                .defaultPublicKey(publicKey.toUri().toString())
                .build());
  }

  private static Path pem(Path folder, String what, byte[] der) throws Exception {
    String text =
        "-----BEGIN %s-----%n%s%n-----END %s-----%n"
            .formatted(
                what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), what);
    return Files.writeString(Files.createTempFile(folder, "key", ".pem"), text).toAbsolutePath();
  }

  @Test
  void tombstones_haveANullPayload_andKeepTheirMetadata() throws Exception {
    String topic = BROKER.createTopic("tombstones", 1);
    try (Producer<String> producer = singles(topic).create();
        Producer<String> batching =
            BROKER
                .client()
                .newProducer(Schema.STRING)
                .topic(topic)
                .batchingMaxPublishDelay(1, TimeUnit.HOURS)
                .create()) {
      producer.newMessage().key("a").value("1").send();
      producer.newMessage().key("a").value(null).send();
      var value = batching.newMessage().key("b").value("").sendAsync();
      var tombstone = batching.newMessage().key("b").value(null).sendAsync();
      batching.flush();
      CompletableFuture.allOf(value, tombstone).get(30, TimeUnit.SECONDS);
    }

    List<Row> rows = streams.runAvailableNow(topic, Map.of(), "tombstones").rows();
    assertThat(rows)
        .extracting(
            row ->
                new String(row.<byte[]>getAs("__key"), StandardCharsets.UTF_8)
                    + "="
                    + row.getAs("value"))
        .containsExactly("a=1", "a=null", "b=", "b=null");
  }

  @Test
  void delayedMessages_areReadAtOnce_inTheOrderOfTheLog() throws Exception {
    String topic = BROKER.createTopic("delayed", 1);
    try (Producer<String> producer = singles(topic).create()) {
      producer.newMessage().value("later").deliverAfter(1, TimeUnit.HOURS).send();
      producer.send("now");
    }

    assertThat(streams.runAvailableNow(topic, Map.of(), "delayed").values().values())
        .containsExactly("later", "now");
  }

  @Test
  void nonPersistentTopic_isRefused() {
    assertThatThrownBy(() -> read("non-persistent://public/default/gone", Map.of()))
        .hasMessageContaining("only persistent topics");
  }

  private static ProducerBuilder<String> singles(String topic) {
    return BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false);
  }

  private static String positions(String topic, String position) {
    return "{\"v\":1,\"t\":{\"%s\":{\"0\":\"%s\"}}}".formatted(topic, position);
  }

  private List<String> read(String topic, Map<String, String> options) {
    return SparkSessions.compiling()
        .read()
        .format("pulsar")
        .options(streams.options(topic, options))
        .load()
        .collectAsList()
        .stream()
        .map(row -> row.<String>getAs("value"))
        .toList();
  }
}
