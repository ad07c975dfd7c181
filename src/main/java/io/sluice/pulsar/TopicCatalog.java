package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.pulsar.client.impl.PulsarClientImpl;
import org.apache.pulsar.common.api.proto.CommandGetTopicsOfNamespace.Mode;
import org.apache.pulsar.common.naming.NamespaceName;
import org.apache.pulsar.common.naming.SystemTopicNames;
import org.apache.pulsar.common.naming.TopicName;
import org.jspecify.annotations.Nullable;

/**
 * Which topic partitions a selection means, looked up again after an interval.
 *
 * <p>It asks by the binary protocol, which a role that may only consume is allowed to, and it never
 * creates a topic.
 */
public final class TopicCatalog {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Cluster cluster;
  private final PulsarOptions.TopicSelection selection;
  private final long intervalNanos;
  private final LongSupplier nanoTime;
  private @Nullable NavigableSet<TopicPartition> known;
  private long lookedUpAt;

  /**
   * Creates a catalog that looks nothing up yet.
   *
   * @param interval how long an answer is good for
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  public TopicCatalog(
      Cluster cluster,
      PulsarOptions.TopicSelection selection,
      Duration interval,
      LongSupplier nanoTime) {
    this.cluster = cluster;
    this.selection = selection;
    this.intervalNanos = interval.toNanos();
    this.nanoTime = nanoTime;
  }

  /**
   * The partitions of the selection, sorted.
   *
   * @throws SluiceException TOPIC_NOT_FOUND if a named topic does not exist when it is first looked
   *     up; one that goes later has no partitions from then on
   */
  public NavigableSet<TopicPartition> partitions() {
    NavigableSet<TopicPartition> answer = known;
    if (answer == null || nanoTime.getAsLong() - lookedUpAt >= intervalNanos) {
      answer = lookUp();
      known = answer;
      lookedUpAt = nanoTime.getAsLong();
    }
    return answer;
  }

  /** The topics of the selection, sorted; a pattern may match none. */
  public List<String> topics() {
    if (selection instanceof PulsarOptions.TopicSelection.Named named) {
      return named.topics();
    }
    return partitions().stream().map(TopicPartition::topic).distinct().toList();
  }

  /** Whether the selection contains a partition, if it exists. */
  public boolean selects(TopicPartition partition) {
    return selection instanceof PulsarOptions.TopicSelection.Matching matching
        ? matches(Pattern.compile(matching.regex()), TopicName.get(partition.topic()))
        : topics().contains(partition.topic()) || topics().contains(partition.fullName());
  }

  private static boolean matches(Pattern pattern, TopicName topic) {
    return !SystemTopicNames.isSystemTopic(topic) && pattern.matcher(topic.toString()).matches();
  }

  private NavigableSet<TopicPartition> lookUp() {
    Collection<String> topics =
        selection instanceof PulsarOptions.TopicSelection.Matching matching
            ? matching(matching)
            : ((PulsarOptions.TopicSelection.Named) selection).topics();
    try {
      NavigableSet<TopicPartition> partitions = new TreeSet<>();
      Cluster.forAll(topics, this::partitionsOf).forEach(partitions::addAll);
      return partitions;
    } catch (RuntimeException failure) {
      throw PulsarFailures.named(failure, "look up " + selection, cluster.connection());
    }
  }

  private CompletableFuture<List<TopicPartition>> partitionsOf(String topic) {
    return ((PulsarClientImpl) cluster.client())
        .getPartitionedTopicMetadata(topic, /* metadataAutoCreationEnabled= */ false, true)
        .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (metadata, failure) -> {
              if (failure == null) {
                return partitions(topic, metadata.partitions);
              }
              if (PulsarFailures.isMissing(failure) && mayVanish()) {
                return List.of();
              }
              throw PulsarFailures.named(failure, "find topic " + topic, cluster.connection());
            });
  }

  /**
   * A topic may go between the listing of a pattern's topics and the question about one. That a
   * topic which was read is gone, the rules on lost data say; here only a wrong name is a failure.
   */
  private boolean mayVanish() {
    return known != null || selection instanceof PulsarOptions.TopicSelection.Matching;
  }

  /** The partitions of a topic, or the one that it is itself, named with its number. */
  private static List<TopicPartition> partitions(String topic, int count) {
    return count == 0
        ? List.of(
            new TopicPartition(
                TopicName.get(topic).getPartitionedTopicName(), TopicName.getPartitionIndex(topic)))
        : IntStream.range(0, count).mapToObj(i -> new TopicPartition(topic, i)).toList();
  }

  private Collection<String> matching(PulsarOptions.TopicSelection.Matching matching) {
    Pattern pattern = Pattern.compile(matching.regex());
    try {
      TreeSet<String> topics = new TreeSet<>();
      ((PulsarClientImpl) cluster.client())
          .getLookup()
          .getTopicsUnderNamespace(
              NamespaceName.get(matching.namespace()), Mode.PERSISTENT, null, null)
          .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
          .join()
          .getTopics()
          .forEach(
              name -> {
                TopicName topic = TopicName.get(TopicName.get(name).getPartitionedTopicName());
                if (matches(pattern, topic)) {
                  topics.add(topic.toString());
                }
              });
      return topics;
    } catch (RuntimeException failure) {
      throw PulsarFailures.named(
          failure, "list the topics of namespace " + matching.namespace(), cluster.connection());
    }
  }

  /** The failure that a selection without any topic means where at least one is needed. */
  public static SluiceException nothingMatches(PulsarOptions.TopicSelection selection) {
    return new SluiceException(
        Condition.TOPIC_NOT_FOUND,
        "No topic matches "
            + selection
            + ". A schema must be known to plan the query: create a topic first, or check the"
            + " pattern");
  }
}
