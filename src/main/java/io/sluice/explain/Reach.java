package io.sluice.explain;

import io.sluice.delta.CommitRange;
import io.sluice.delta.TopicPositions;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/** Where a message lies beside the messages of a batch. */
final class Reach {

  private Reach() {}

  /**
   * Whether the message is one of the batch; a partition without a start is read from its first.
   */
  static boolean holds(CommitRange range, Position message) {
    return endsBehind(range, message) && !beginsBehind(range, message);
  }

  /** Whether the batch begins behind the message. */
  static boolean beginsBehind(CommitRange range, Position message) {
    String from = place(range.from(), message);
    return from != null && message.isBefore(from);
  }

  /** Whether the batch ends behind the message. */
  static boolean endsBehind(CommitRange range, Position message) {
    String to = place(range.to(), message);
    return to != null && message.isBefore(to);
  }

  private static @Nullable String place(TopicPositions positions, Position message) {
    return positions
        .byTopic()
        .getOrDefault(message.topic(), Collections.emptySortedMap())
        .get(message.partition());
  }
}
