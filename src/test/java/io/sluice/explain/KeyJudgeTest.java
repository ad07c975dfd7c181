package io.sluice.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.delta.BatchCommit;
import io.sluice.delta.CommitRange;
import io.sluice.delta.TopicPositions;
import io.sluice.explain.KeyMessage.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Batches are three entries each: 0 to 2, 3 to 5, 6 to 8. What comes behind is not read. */
class KeyJudgeTest {

  private static final String TOPIC = "persistent://t/n/events";

  private final List<KeyMessage> messages = new ArrayList<>();
  private final List<Position> rows = new ArrayList<>();
  private final Set<Position> quarantined = new TreeSet<>(Position.IN_PARTITION);
  private boolean hasVersions;
  private boolean bySequence;
  private boolean complete = true;
  private boolean wholeLog = true;
  private boolean drops;
  private Set<String> tracked = Set.of("a", "b");

  @Test
  void topicOrder_newestOfABatchIsAppliedAndNewestOfAllStands() {
    upsert(0, 0, "a", "b");
    upsert(1, 1, "a", "b");
    upsert(4, 2, "a", "b");
    upsert(10, 3, "a", "b");
    row(4);

    assertThat(judged())
        .containsExactly(
            "0 superseded by 1", "1 applied by 4", "4 applied stands [a, b]", "10 not_read");
  }

  @Test
  void topicOrder_deleteStandsUntilTheKeyComesBack() {
    upsert(0, 0, "a", "b");
    delete(3, 1);
    assertThat(judged()).containsExactly("0 applied by 3", "3 applied stands []");

    upsert(6, 2, "a", "b");
    row(6);
    assertThat(judged())
        .containsExactly("0 applied by 3", "3 applied by 6", "6 applied stands [a, b]");
  }

  @Test
  void topicOrder_tableIsEmptied_eventsOfTheBatchBeforeAreSuperseded() {
    upsert(0, 0, "a", "b");
    upsert(3, 1, "a", "b");
    event(4, Kind.TRUNCATE, 2, Map.of(), Set.of());
    assertThat(judged())
        .containsExactly("0 applied by 4", "3 superseded by 4", "4 applied stands []");
  }

  @Test
  void topicOrder_laterBatchOfAnotherPartitionWins_whateverTheLedgers() {
    upsert(4, 5, "a", "b");
    Position other = new Position(TOPIC, 1, 0, 0, -1);
    messages.add(message(other, Kind.UPSERT, 1, null, Map.of(), Set.of("a", "b")));
    row(4);

    assertThat(judged()).containsExactly("0 applied by 4", "4 applied stands [a, b]");
  }

  @Test
  void partialEvents_everyColumnNamesTheEventThatWroteIt() {
    upsert(0, 0, "a", "b");
    upsert(3, 1, "b");
    upsert(6, 2, "b");
    row(6);
    assertThat(judged())
        .containsExactly("0 applied stands [a]", "3 applied by 6", "6 applied stands [b]");
  }

  @Test
  void partialEvents_deleteThatClearedAColumnStands() {
    upsert(0, 0, "a", "b");
    delete(3, 1);
    upsert(6, 2, "b");
    row(6);
    assertThat(judged())
        .containsExactly("0 applied by 3", "3 applied stands []", "6 applied stands [b]");
  }

  @Test
  void sequence_eventBelowTheRowOfABatchBefore_isLate() {
    bySequence = true;
    upsert(0, 5, "a", "b");
    upsert(3, 4, "a", "b");
    upsert(4, 3, "a", "b");
    upsert(7, 9, "a", "b");
    upsert(8, 8, "a", "b");
    row(7);
    assertThat(judged())
        .containsExactly(
            "0 applied by 7",
            "3 late by 0",
            "4 late by 0",
            "7 applied stands [a, b]",
            "8 superseded by 7");
  }

  @Test
  void sequence_eventBelowARememberedDelete_isLate() {
    bySequence = true;
    delete(0, 5);
    upsert(3, 4, "a", "b");
    assertThat(judged()).containsExactly("0 applied stands []", "3 late by 0");
  }

  @Test
  void sequence_sameEventAgain_repeatsTheOneOfTheEarlierBatch() {
    bySequence = true;
    upsert(0, 5, "a", "b");
    upsert(3, 5, "a", "b");
    row(0);
    assertThat(judged()).containsExactly("0 applied stands [a, b]", "3 repeated by 0");
  }

  @Test
  void sequence_sameEventTwiceInABatch_theTableSaysWhichItTook() {
    bySequence = true;
    upsert(0, 5, "a", "b");
    upsert(1, 5, "a", "b");
    row(1);
    assertThat(judged()).containsExactly("0 repeated by 1", "1 applied stands [a, b]");
  }

  @Test
  void sequence_messagesAreMissing_whatWasReplacedIsNotCertain() {
    bySequence = true;
    complete = false;
    upsert(3, 5, "a", "b");
    upsert(6, 9, "a", "b");
    row(6);
    assertThat(judged()).containsExactly("3 applied uncertain by 6", "6 applied stands [a, b]");
  }

  @Test
  void versions_lateEventIsApplied_andTheOneInTheMiddleOfAVersionIsNot() {
    hasVersions = true;
    bySequence = true;
    tracked = Set.of("a");
    version(0, 1, "a1", "b1");
    version(1, 2, "a1", "b2");
    version(2, 3, "a1", "b3");
    version(3, 9, "a9", "b9");
    version(6, 5, "a5", "b5");
    row(2);
    row(6);
    row(3);
    assertThat(judged())
        .containsExactly(
            "0 applied stands []",
            "1 superseded by 2",
            "2 applied stands [a, b]",
            "3 applied stands [a, b]",
            "6 applied came late stands [a, b]");
  }

  @Test
  void versions_deleteEndsTheVersion_andASecondHasNothingToEnd() {
    hasVersions = true;
    bySequence = true;
    version(0, 1, "a1", "b1");
    delete(3, 2);
    delete(4, 3);
    version(6, 4, "a4", "b4");
    row(0);
    row(6);
    assertThat(judged())
        .containsExactly(
            "0 applied stands [a, b]",
            "3 applied stands []",
            "4 applied by 6",
            "6 applied stands [a, b]");
  }

  @Test
  void versions_versionThatEndsWhereItStarts_wasNeverSeen() {
    hasVersions = true;
    bySequence = true;
    event(0, Kind.UPSERT, 1, Map.of("a", "1"), Set.of("a", "b"), "7");
    event(1, Kind.UPSERT, 2, Map.of("a", "2"), Set.of("a", "b"), "7");
    row(1);
    assertThat(judged()).containsExactly("0 superseded by 1", "1 applied stands [a, b]");
  }

  @Test
  void messagesThatAreNoEvents_haveTheirReasons() {
    other(0, Kind.BAD);
    quarantined.add(at(0));
    other(1, Kind.BAD);
    other(2, Kind.SKIPPED);
    other(3, Kind.LEFT_OUT);
    other(4, Kind.REJECTED);
    quarantined.add(at(4));
    other(9, Kind.BAD);
    assertThat(judged())
        .containsExactly(
            "0 quarantined", "1 unknown", "2 skipped", "3 left_out", "4 quarantined", "9 not_read");
    drops = true;
    assertThat(judged()).contains("1 dropped");
  }

  @Test
  void messagesBeforeTheFirstBatch_areOnlyNamedSoIfTheLogIsWhole() {
    messages.add(
        message(
            new Position(TOPIC, 0, 0, 9, -1), Kind.UPSERT, 0, null, Map.of(), Set.of("a", "b")));
    assertThat(judged()).containsExactly("9 before_start");
    wholeLog = false;
    assertThat(judged()).containsExactly("9 unknown");
    row(new Position(TOPIC, 0, 0, 9, -1));
    assertThat(judged()).containsExactly("9 applied stands [a, b]");
  }

  @Test
  void rowThatTheMessagesDoNotGive_isToldApart() {
    upsert(0, 0, "a", "b");
    row(0);
    assertThat(verdict().agrees()).isTrue();
    rows.clear();
    assertThat(verdict().agrees()).isFalse();
    row(1);
    assertThat(verdict().agrees()).isFalse();
  }

  private List<String> judged() {
    return verdict().messages().stream().map(KeyJudgeTest::text).toList();
  }

  private KeyJudge.Verdict verdict() {
    return KeyJudge.judge(
        new TableFacts(
            List.of("a", "b"),
            tracked,
            hasVersions,
            bySequence,
            List.of(batch(0), batch(1), batch(2)),
            wholeLog,
            rows.stream().map(row -> new TableFacts.KeyRow(row, "{}")).toList(),
            quarantined,
            drops),
        messages,
        complete);
  }

  private static String text(Judged judged) {
    Position by = judged.by();
    return judged.message().position().entry()
        + " "
        + judged.outcome().name().toLowerCase(Locale.ROOT)
        + (judged.late() && judged.outcome() == Outcome.APPLIED ? " came late" : "")
        + (judged.certain() || judged.outcome() == Outcome.UNKNOWN ? "" : " uncertain")
        + (judged.stands() ? " stands " + new TreeSet<>(judged.columns()) : "")
        + (by == null ? "" : " by " + by.entry());
  }

  /** Ledger 1 of partition 0, and as far in partition 1, which has no start. */
  private static BatchCommit batch(int number) {
    Map<Integer, String> from = new HashMap<>(Map.of(0, "1:" + 3 * number));
    Map<Integer, String> to = new HashMap<>(Map.of(0, "1:" + 3 * (number + 1)));
    if (number == 0) {
      to.put(1, "0:5");
    } else {
      from.put(1, "0:5");
      to.put(1, "0:5");
    }
    return new BatchCommit(
        number + 1,
        Instant.EPOCH,
        new CommitRange("job", "epoch", number, "hash", positions(from), positions(to)));
  }

  private static TopicPositions positions(Map<Integer, String> partitions) {
    return new TopicPositions(new TreeMap<>(Map.of(TOPIC, new TreeMap<>(partitions))));
  }

  private void upsert(long entry, int place, String... written) {
    event(entry, Kind.UPSERT, place, Map.of(), Set.of(written));
  }

  private void version(long entry, int place, String a, String b) {
    event(entry, Kind.UPSERT, place, Map.of("a", a, "b", b), Set.of("a", "b"));
  }

  private void delete(long entry, int place) {
    event(entry, Kind.DELETE, place, Map.of(), Set.of());
  }

  private void event(
      long entry, Kind kind, int place, Map<String, String> content, Set<String> written) {
    event(entry, kind, place, content, written, bySequence ? Integer.toString(place) : null);
  }

  private void event(
      long entry,
      Kind kind,
      int place,
      Map<String, String> content,
      Set<String> written,
      @Nullable String point) {
    messages.add(message(at(entry), kind, place, point, content, written));
  }

  private static KeyMessage message(
      Position position,
      Kind kind,
      int place,
      @Nullable String point,
      Map<String, String> content,
      Set<String> written) {
    return new KeyMessage(
        position, Instant.EPOCH, null, kind, place, point, content, written, false, null);
  }

  private void other(long entry, Kind kind) {
    messages.add(KeyMessage.other(at(entry), Instant.EPOCH, null, kind, false, "why"));
  }

  private static Position at(long entry) {
    return new Position(TOPIC, 0, 1, entry, -1);
  }

  private void row(long entry) {
    row(at(entry));
  }

  private void row(Position position) {
    rows.add(position);
  }
}
