package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.TopicPartition;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds the new partitions of a topic back until the older ones have been read up to where they
 * ended when the new ones had their first entries: a producer that routes by the hash of a key may
 * send a key's next message to a new partition, while its last one still waits in an older one.
 *
 * <p>A partition is an older one once it is part of an offset. So nothing need be remembered over a
 * restart: the older partitions are then waited for anew, which is longer at worst.
 */
final class PartitionHoldback {

  private static final Logger LOG = LoggerFactory.getLogger(PartitionHoldback.class);

  private final Map<String, Wait> waits = new HashMap<>();

  /**
   * What is waited for.
   *
   * @param partitions those that are held back
   * @param ends how far the older partitions must have been read
   */
  private record Wait(Set<TopicPartition> partitions, Map<TopicPartition, Pos> ends) {

    private boolean isOver(Positions read) {
      return ends.entrySet().stream()
          .noneMatch(end -> read.getOrEarliest(end.getKey()).isBefore(end.getValue()));
    }
  }

  /**
   * The partitions that are not to be read yet.
   *
   * @param read how far each partition has been read
   * @param tails how far each partition goes
   * @param later asks how far partitions go, later than {@code tails} were asked for
   * @throws SluiceException UNORDERED_EVENTS if keys may have moved between the older partitions
   */
  Set<TopicPartition> held(
      Positions read,
      Map<TopicPartition, Pos> tails,
      Function<Collection<TopicPartition>, Map<TopicPartition, Pos>> later) {
    Map<String, Set<TopicPartition>> older = new TreeMap<>();
    Map<String, Set<TopicPartition>> added = new TreeMap<>();
    for (TopicPartition partition : tails.keySet()) {
      (read.get(partition) == null ? added : older)
          .computeIfAbsent(partition.topic(), topic -> new TreeSet<>())
          .add(partition);
    }
    added.keySet().retainAll(older.keySet());
    waits.keySet().retainAll(added.keySet());
    Set<TopicPartition> held = new TreeSet<>();
    added.forEach(
        (topic, partitions) -> {
          Set<TopicPartition> before = older.getOrDefault(topic, Set.of());
          Wait wait = waits.get(topic);
          if (wait != null && Collections.disjoint(wait.partitions, partitions)) {
            wait = null;
          }
          int known = before.size() + (wait == null ? 0 : wait.partitions.size());
          refuseUnlessMultiple(topic, known, before.size() + partitions.size());
          held.addAll(partitions);
          if (wait == null && partitions.stream().anyMatch(each -> !isEmpty(tails, each))) {
            wait = new Wait(partitions, later.apply(before));
            waits.put(topic, wait);
            LOG.info(
                "{} has {} new partitions; they are read once the others have been read up to {}",
                topic,
                partitions.size(),
                wait.ends);
          }
          if (wait != null && wait.isOver(read)) {
            held.removeAll(wait.partitions);
          }
        });
    return held;
  }

  private static boolean isEmpty(Map<TopicPartition, Pos> tails, TopicPartition partition) {
    return tails.getOrDefault(partition, Pos.EARLIEST).isEarliest();
  }

  /**
   * The hash of a key modulo a multiple is the old partition or a new one, never another old one.
   */
  private static void refuseUnlessMultiple(String topic, int before, int now) {
    if (now % before != 0) {
      throw new SluiceException(
          Condition.UNORDERED_EVENTS,
          ("Topic %s had %d partitions and has %d now, no multiple: keys may have moved between the"
                  + " older partitions, and nothing says which of two messages of a key is later."
                  + " Order the events by a column of their own with target.auto_cdc.sequence_by. If"
                  + " everything had been read before the number grew, go on with newPartitions=read"
                  + " among source.options")
              .formatted(topic, before, now));
    }
  }
}
