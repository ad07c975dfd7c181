package io.sluice.pulsar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;

/** Finds positions by publish time, as the broker does: by a binary search over entries. */
public record PublishTimes(Cluster cluster) {

  private record Found(TopicPartition partition, Pos position) {}

  /**
   * The first entry that was published at a time or later, in each of the given partitions; the
   * tail where all are older. Partitions without a tail, which do not exist, are absent.
   *
   * @param times milliseconds since the epoch
   * @param tails how far each partition goes
   */
  public Map<TopicPartition, Pos> positions(
      Map<TopicPartition, Long> times, Map<TopicPartition, Pos> tails) {
    List<TopicPartition> existing = new ArrayList<>(times.keySet());
    existing.removeIf(partition -> !tails.containsKey(partition));
    Map<TopicPartition, Pos> positions = new TreeMap<>();
    try {
      Cluster.forAll(existing, partition -> ask(partition, times.getOrDefault(partition, 0L)))
          .forEach(
              found ->
                  // The broker answers with the place of the next message, in a ledger that may go
                  // again while it is empty.
                  positions.put(
                      found.partition,
                      Pos.min(
                          found.position, tails.getOrDefault(found.partition, found.position))));
    } catch (RuntimeException failure) {
      throw PulsarFailures.named(
          failure, "find publish times in " + existing, cluster.connection());
    }
    return positions;
  }

  private CompletableFuture<Found> ask(TopicPartition partition, long millis) {
    return cluster
        .admin()
        .topics()
        .getMessageIdByTimestampAsync(partition.fullName(), millis)
        .thenApply(id -> new Found(partition, position(id)));
  }

  private static Pos position(MessageId id) {
    MessageIdAdv found = (MessageIdAdv) id;
    return found.getLedgerId() < 0 || found.getEntryId() < 0
        ? Pos.EARLIEST
        : new Pos(found.getLedgerId(), found.getEntryId());
  }
}
