package io.sluice.pulsar;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Which of a broker's answers about the ends of logs are believed, and which consumers are to be
 * replaced. Knows nothing of time but what it is told.
 *
 * <p>A broker may attach a consumer that arrives while it unloads a topic to the topic that is
 * being closed. From then on that consumer gets old answers, or with transactions the answer
 * "nothing". So an answer that lies before what is known, or a "nothing" that is not known, counts
 * only when new consumers have given it for three seconds; and a consumer whose answer does not
 * change is replaced now and then, ever more rarely.
 */
final class TailTrust {

  private static final long SETTLING = Duration.ofSeconds(3).toNanos();
  private static final long FIRST_RENEWAL = Duration.ofSeconds(30).toNanos();
  private static final long LAST_RENEWAL = Duration.ofMinutes(10).toNanos();

  private record Doubt(Pos tail, long since) {}

  private record Still(Pos tail, long since, long patience) {}

  private final Map<TopicPartition, Pos> expected = new HashMap<>();
  private final Map<TopicPartition, Doubt> doubts = new HashMap<>();
  private final Map<TopicPartition, Still> still = new HashMap<>();

  /** Where the logs must reach to, as what was read of them tells; what is known already counts. */
  void expect(Positions read) {
    read.byPartition()
        .forEach(
            (partition, position) -> {
              if (!position.isEarliest()) {
                expected.putIfAbsent(partition, position);
              }
            });
  }

  /** Begins a new round of questions: what was doubtful in an earlier one is not any more. */
  void begin() {
    doubts.clear();
  }

  /** Whether an answer is not what was to be expected. */
  boolean doubtful(TopicPartition partition, Pos tail) {
    Pos before = expected.get(partition);
    return before == null ? tail.isEarliest() : tail.isBefore(before);
  }

  /** Whether it is the first time in this round that this doubtful answer comes. */
  boolean firstDoubt(TopicPartition partition, Pos tail, long nanoTime) {
    Doubt known = doubts.get(partition);
    if (known != null && known.tail.equals(tail)) {
      return false;
    }
    doubts.put(partition, new Doubt(tail, nanoTime));
    return true;
  }

  /** Whether a doubtful answer has been the same for so long that it has to be believed. */
  boolean settled(TopicPartition partition, Pos tail, long nanoTime) {
    Doubt known = doubts.get(partition);
    return known != null && known.tail.equals(tail) && nanoTime - known.since >= SETTLING;
  }

  /** Takes an answer for true. */
  void believe(TopicPartition partition, Pos tail, long nanoTime) {
    expected.put(partition, tail);
    doubts.remove(partition);
    Still before = still.get(partition);
    if (before == null || !before.tail.equals(tail)) {
      still.put(partition, new Still(tail, nanoTime, FIRST_RENEWAL));
    }
  }

  /** Forgets a partition that does not exist. */
  void forget(TopicPartition partition) {
    expected.remove(partition);
    doubts.remove(partition);
    still.remove(partition);
  }

  /** Whether a partition's answer has been the same for so long that its consumer is replaced. */
  boolean renewalDue(TopicPartition partition, long nanoTime) {
    Still known = still.get(partition);
    return known != null && nanoTime - known.since >= known.patience;
  }

  /** Notes that a consumer was replaced: the next time is later. */
  void renewed(TopicPartition partition, long nanoTime) {
    Still known = still.get(partition);
    if (known != null) {
      long longer = Math.min(2 * known.patience, LAST_RENEWAL);
      still.put(partition, new Still(known.tail, nanoTime, longer));
    }
  }
}
