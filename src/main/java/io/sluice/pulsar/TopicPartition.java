package io.sluice.pulsar;

import java.io.Serializable;
import java.util.Comparator;

/**
 * One stored log: a partition of a partitioned topic, or a whole non-partitioned topic.
 *
 * @param topic the full topic name without partition suffix, {@code persistent://tenant/ns/name}
 * @param partition the partition index from 0, or {@value #NOT_PARTITIONED}
 */
public record TopicPartition(String topic, int partition)
    implements Comparable<TopicPartition>, Serializable {

  /** The partition index of a non-partitioned topic. */
  public static final int NOT_PARTITIONED = -1;

  private static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  /** The name under which the broker stores this log. */
  public String fullName() {
    return partition == NOT_PARTITIONED ? topic : topic + "-partition-" + partition;
  }

  @Override
  public int compareTo(TopicPartition other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return fullName();
  }
}
