package io.sluice.source;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RandomMessages;
import io.sluice.testing.RandomMessages.Sent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.IntStream;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.admin.PulsarAdminException.NotFoundException;
import org.apache.pulsar.client.admin.PulsarAdminException.ServerSideErrorException;
import org.apache.pulsar.client.admin.Topics;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.PulsarClientException;
import org.awaitility.Awaitility;

/** Topics of a common prefix to which everything happens that may happen, by chance. */
final class RandomTopics {

  private final PulsarBroker broker;
  private final Random random;
  private final String prefix;
  private final boolean retained;
  private final boolean lossy;
  private final RandomMessages messages;
  private final Map<String, Integer> partitions = new TreeMap<>();
  private final Map<String, Sent> doomed = new HashMap<>();
  private boolean deleted;
  private final List<String> history = new ArrayList<>();

  /**
   * Creates the first topic.
   *
   * @param retained whether the namespace keeps what everybody has read
   * @param lossy whether topics may be deleted and truncated
   */
  RandomTopics(
      PulsarBroker broker, Random random, String namespace, boolean retained, boolean lossy)
      throws Exception {
    this.broker = broker;
    this.random = random;
    this.prefix = "persistent://" + namespace + "/" + UUID.randomUUID() + "-";
    this.retained = retained;
    this.lossy = lossy;
    this.messages = new RandomMessages(broker, random);
    create();
  }

  /** A pattern for these topics and no others. */
  String pattern() {
    return prefix + ".*";
  }

  /** What must come: every message that nobody destroys. */
  Map<String, Sent> model() {
    return messages.model();
  }

  /** What was destroyed: it comes only if it was read before. */
  Map<String, Sent> doomed() {
    return doomed;
  }

  /** Whether a topic was deleted: nobody can tell whether there was anything in it. */
  boolean deleted() {
    return deleted;
  }

  /** What happened so far, for the report of a failure. */
  List<String> history() {
    return history;
  }

  /** Lets one thing happen. */
  void step() throws Exception {
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4, 5, 6 -> publish();
      case 7 -> begin();
      case 8 -> settle();
      case 9, 10 -> unload(anyPartition());
      case 11 -> trim(anyPartition());
      case 12 -> grow(anyTopic());
      case 13 -> create();
      case 14 -> destroy(this::remake);
      default -> destroy(this::truncate);
    }
  }

  private void publish() throws Exception {
    String partition = anyPartition();
    note("publish to", partition);
    if (holdsSomething(partition) || random.nextInt(20) == 0) {
      messages.publish(partition);
    } else {
      messages.publishPlain(partition);
    }
  }

  private void begin() throws Exception {
    String partition = anyPartition();
    if (holdsSomething(partition) || random.nextInt(20) == 0) {
      note("begin a transaction on", partition);
      messages.begin(partition);
    }
  }

  /** A log of nothing that may be read looks empty, which a query believes only after seconds. */
  private boolean holdsSomething(String partition) {
    return messages.model().values().stream().anyMatch(each -> each.partition().equals(partition));
  }

  /** Ends the transactions that are open. */
  void settle() throws Exception {
    note("end the transactions of", prefix);
    messages.endTransactions();
  }

  /** Kills the broker and starts it again. */
  void killBroker() {
    note("kill the broker of", prefix);
    broker.server().kill();
    broker.server().restart();
    // It answers before its storage takes new ledgers, which admin actions need.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(() -> hasStored(broker.uniqueTopic("after-kill")));
  }

  private boolean hasStored(String topic) throws PulsarClientException {
    try (Producer<byte[]> producer = broker.client().newProducer().topic(topic).create()) {
      return producer.send(new byte[1]) != null;
    }
  }

  private void unload(String partition) throws Exception {
    if (kept(partition)) {
      note("unload", partition);
      topics().unload(partition);
    }
  }

  private void trim(String partition) throws Exception {
    if (kept(partition)) {
      note("trim", partition);
      topics().trimTopic(partition);
    }
  }

  /** Whether the broker may not drop what the query has not read: not before it subscribes. */
  private boolean kept(String partition) throws Exception {
    return retained || !topics().getStats(partition).getSubscriptions().isEmpty();
  }

  private void create() throws Exception {
    String topic = prefix + partitions.size();
    make(topic, random.nextInt(4));
  }

  private void make(String topic, int count) throws Exception {
    note("create " + count + " partitions of", topic);
    if (count == 0) {
      topics().createNonPartitionedTopic(topic);
    } else {
      topics().createPartitionedTopic(topic, count);
    }
    partitions.put(topic, count);
  }

  private void grow(String topic) throws Exception {
    int count = partitions.getOrDefault(topic, 0);
    if (count > 0 && count < 6) {
      note("grow", topic);
      // The storage of a broker that was killed refuses new ledgers now and then for some seconds.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .ignoreException(ServerSideErrorException.class)
          .until(() -> hasGrown(topic, count + 1));
      partitions.put(topic, count + 1);
    }
  }

  private boolean hasGrown(String topic, int count) throws PulsarAdminException {
    if (topics().getPartitionedTopicMetadata(topic).partitions < count) {
      topics().updatePartitionedTopic(topic, count);
    }
    return true;
  }

  /** Something that loses data. */
  private interface Deed {
    void to(String topic) throws Exception;
  }

  private void destroy(Deed deed) throws Exception {
    String topic = anyTopic();
    if (lossy) {
      settle();
      List<String> destroyed = partitionsOf(topic);
      messages
          .model()
          .entrySet()
          .removeIf(
              each -> {
                boolean gone = destroyed.contains(each.getValue().partition());
                if (gone) {
                  doomed.put(each.getKey(), each.getValue());
                }
                return gone;
              });
      deed.to(topic);
    }
  }

  private void truncate(String topic) throws Exception {
    note("truncate", topic);
    for (String partition : partitionsOf(topic)) {
      topics().truncate(partition);
    }
  }

  private void remake(String topic) throws Exception {
    note("delete", topic);
    deleted = true;
    delete(topic);
    make(topic, random.nextInt(4));
  }

  private void delete(String topic) {
    boolean partitioned = partitions.getOrDefault(topic, 0) > 0;
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .ignoreExceptions()
        .until(
            () -> {
              try {
                if (partitioned) {
                  topics().deletePartitionedTopic(topic, true);
                } else {
                  topics().delete(topic, true);
                }
              } catch (NotFoundException gone) {
                return true;
              }
              return true;
            });
  }

  private String anyTopic() {
    return List.copyOf(partitions.keySet()).get(random.nextInt(partitions.size()));
  }

  private String anyPartition() {
    List<String> all = partitionsOf(anyTopic());
    return all.get(random.nextInt(all.size()));
  }

  private List<String> partitionsOf(String topic) {
    int count = partitions.getOrDefault(topic, 0);
    return count == 0
        ? List.of(topic)
        : IntStream.range(0, count).mapToObj(i -> topic + "-partition-" + i).toList();
  }

  /** Keeps what happens, for the report. */
  void note(String what, String to) {
    history.add(what + " " + (to.equals(prefix) ? "all" : to.substring(prefix.length())));
  }

  private Topics topics() {
    return broker.admin().topics();
  }
}
