package io.sluice.spec;

import java.util.LinkedHashMap;
import java.util.Map;

/** Where reading begins on a job's first run. */
public sealed interface StartPosition {

  /** The oldest message that the topic still has. */
  record Earliest() implements StartPosition {}

  /** After the newest message at the time of the first run. */
  record Latest() implements StartPosition {}

  /**
   * A position for each partition.
   *
   * @param positions by topic, as a full name, and partition number (0 for a topic without
   *     partitions): the first message to read, {@code ledger:entry}
   */
  record At(Map<String, Map<Integer, String>> positions) implements StartPosition {

    /** Keeps its own copy of the positions, in their order. */
    public At {
      Map<String, Map<Integer, String>> copy = new LinkedHashMap<>();
      positions.forEach((topic, byPartition) -> copy.put(topic, Ordered.copyOf(byPartition)));
      positions = Ordered.copyOf(copy);
    }
  }
}
