package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicLedgers.Cursor;
import io.sluice.pulsar.TopicLedgers.Ledger;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What the driver calls a loss before a batch is logged. */
class DataLossRulesTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 0);
  private static final TopicPartition OTHER = new TopicPartition("persistent://t/n/b", 0);

  private final Map<TopicPartition, TopicLedgers> stored = new HashMap<>();
  private final Map<String, String> given =
      new HashMap<>(
          Map.of(
              "service.url", "pulsar://b:6650",
              "admin.url", "http://b:8080",
              "topics", "persistent://t/n/a,persistent://t/n/b"));
  private final Set<TopicPartition> refreshed = new HashSet<>();
  private Set<TopicPartition> asked = Set.of();

  @Test
  void check_inTheTailsLedger_asksNothing() {
    assertThat(check(new Pos(5, 3), new Pos(5, 9))).containsEntry(TP, new Pos(5, 3));
    assertThat(asked).isEmpty();
  }

  @Test
  void check_fromTheEarliest_asksNothing() {
    assertThat(check(Pos.EARLIEST, new Pos(5, 9))).containsEntry(TP, Pos.EARLIEST);
    assertThat(check(Pos.EARLIEST, Pos.EARLIEST)).containsEntry(TP, Pos.EARLIEST);
    assertThat(asked).isEmpty();
  }

  @Test
  void check_whenThePositionsLedgerIsListed_isNoLoss() {
    store(Map.of(), 5, 7, 9);

    assertThat(check(new Pos(5, 3), new Pos(9, 1))).containsEntry(TP, new Pos(5, 3));
    assertThat(check(new Pos(5, 10), new Pos(9, 1))).containsEntry(TP, new Pos(5, 10));
    assertThat(asked).containsExactly(TP);
  }

  @Test
  void check_whenThePositionsLedgerIsGone_namesWhereReadingCanGoOn() {
    store(Map.of("sub", standing(9, 0)), 7, 9);

    assertLoss(new Pos(5, 3), new Pos(9, 1), "from 5:3 up to 7:0", "ledger 5", "sub stands at 9:0");
  }

  @Test
  void check_whenTheLogEndsBeforeThePosition_saysThatTheTopicIsAnother() {
    store(Map.of(), 2);

    assertLoss(new Pos(5, 3), new Pos(2, 1), "the topic ends at 2:10", "another cluster");
  }

  @Test
  void check_whenTheSameLedgerEndsBeforeThePosition_saysThatTheTopicIsAnother() {
    store(Map.of(), 3, 5);

    assertLoss(new Pos(5, 11), new Pos(5, 10), "the topic ends at 5:10", "another cluster");
    assertLoss(new Pos(5, 11), Pos.EARLIEST, "the topic ends at 5:10", "another cluster");
  }

  @Test
  void check_whenAClosedLedgerEndsBeforeThePosition_goesOnBehindIt() {
    store(Map.of(), 3, 5, 7);

    assertLoss(new Pos(5, 11), new Pos(7, 2), "up to 7:0", "its ledger ends at 5:10");
    given.put("failOnDataLoss", "false");
    assertThat(check(new Pos(5, 11), new Pos(7, 2))).containsEntry(TP, new Pos(7, 0));
  }

  @Test
  void check_whenTheTailIsBeforeThePosition_believesTheLedgers_andAsksOnce() {
    store(Map.of(), 3, 5);
    DataLossRules rules = rules();

    assertThat(check(rules, new Pos(5, 9), new Pos(5, 2))).containsEntry(TP, new Pos(5, 9));
    assertThat(refreshed).containsExactly(TP);
    refreshed.clear();
    assertThat(check(rules, new Pos(5, 9), new Pos(5, 2))).containsEntry(TP, new Pos(5, 9));
    assertThat(refreshed).isEmpty();
  }

  @Test
  void check_whenATopicIsGone_isALoss() {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(
            () -> rules().check(Positions.of(Map.of(TP, new Pos(5, 3))), Map.of(), topic -> true))
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.DATA_LOSS))
        .withMessageContaining("does not exist any more");
  }

  @Test
  void check_whenATopicIsNotReadAnyMore_saysThat() {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(
            () -> rules().check(Positions.of(Map.of(TP, new Pos(5, 3))), Map.of(), topic -> false))
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.DATA_LOSS))
        .withMessageContaining("topics do not contain it");
  }

  @Test
  void check_whenLossIsAllowed_goesOnAtTheNextEntry_forgetsTopicsThatAreGone_andCountsEachOnce() {
    given.put("failOnDataLoss", "false");
    store(Map.of(), 4, 7, 9);
    Positions start = Positions.of(Map.of(TP, new Pos(5, 3), OTHER, new Pos(1, 1)));
    DataLossRules rules = rules();

    for (int i = 0; i < 2; i++) {
      assertThat(rules.check(start, Map.of(TP, new Pos(9, 1)), topic -> true))
          .containsExactly(Map.entry(TP, new Pos(7, 0)));
    }
    assertThat(rules.events()).isEqualTo(2);
  }

  @Test
  void check_whenLossIsAllowed_goesBackOnlyToALogThatEndsBeforeThePosition() {
    given.put("failOnDataLoss", "false");
    store(Map.of(), 3, 5);

    assertThat(check(new Pos(50, 1), new Pos(5, 10))).containsEntry(TP, new Pos(3, 0));
  }

  @Test
  void check_whenLossIsAllowedAndNothingIsLeft_staysUntilSomethingComes() {
    given.put("failOnDataLoss", "false");
    stored.put(TP, new TopicLedgers(new TreeMap<>(Map.of(7L, new Ledger(0, 0))), Map.of()));
    DataLossRules rules = rules();

    assertThat(check(rules, new Pos(5, 3), Pos.EARLIEST)).containsEntry(TP, new Pos(5, 3));
    store(Map.of(), 7);
    assertThat(check(rules, new Pos(5, 3), new Pos(7, 1))).containsEntry(TP, new Pos(7, 0));
    assertThat(rules.events()).isEqualTo(1);
  }

  @Test
  void checkRanges_whenALoggedRangeLostItsFirstLedger_isALoss() {
    store(Map.of(), 7, 9);

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(
            () ->
                rules()
                    .checkRanges(
                        Positions.of(Map.of(TP, new Pos(5, 3))),
                        Positions.of(Map.of(TP, new Pos(9, 1)))))
        .withMessageContaining("ledger 5");
  }

  @Test
  void checkRanges_whenAnOffsetGoesBack_hasNothingToCheck() {
    store(Map.of(), 7, 9);

    rules()
        .checkRanges(
            Positions.of(Map.of(TP, new Pos(50, 3))), Positions.of(Map.of(TP, new Pos(7, 0))));
    assertThat(asked).isEmpty();
  }

  @Test
  void check_withThePin_neverExcusesAMissingLedger() {
    store(Map.of("sub", marked(7, 0, new Pos(5, 3))), 7, 9);

    assertLoss(new Pos(5, 3), new Pos(9, 1), "ledger 5");
  }

  @Test
  void check_withoutThePin_excusesALedgerThatWasAcknowledgedToThePosition() {
    given.put("retentionPin", "false");
    Pos position = new Pos(5, 3);

    store(Map.of("sub", marked(7, 0, position)), 7, 9);
    assertThat(check(position, new Pos(9, 1))).containsEntry(TP, position);
    store(Map.of("sub", marked(7, 0, new Pos(5, 2))), 7, 9);
    assertLoss(position, new Pos(9, 1), "ledger 5");
    store(Map.of("sub", standing(7, 0)), 7, 9);
    assertLoss(position, new Pos(9, 1), "ledger 5");
    store(Map.of("another", marked(7, 0, position)), 7, 9);
    assertLoss(position, new Pos(9, 1), "ledger 5", "sub is gone");
  }

  private static Cursor standing(long ledger, long entry) {
    return new Cursor(new Pos(ledger, entry), Map.of(), null);
  }

  private static Cursor marked(long ledger, long entry, Pos position) {
    return new Cursor(new Pos(ledger, entry), new DoneMark(position).properties(), null);
  }

  private void assertLoss(Pos position, Pos tail, String... messages) {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> check(position, tail))
        .satisfies(
            failure -> {
              assertThat(failure.condition()).isEqualTo(Condition.DATA_LOSS);
              assertThat(failure.getMessage()).contains(messages).contains(TP.toString());
            });
  }

  private Map<TopicPartition, Pos> check(Pos position, Pos tail) {
    return check(rules(), position, tail);
  }

  private static Map<TopicPartition, Pos> check(DataLossRules rules, Pos position, Pos tail) {
    return rules.check(Positions.of(Map.of(TP, position)), Map.of(TP, tail), topic -> true);
  }

  private DataLossRules rules() {
    return new DataLossRules(
        PulsarOptions.parse(given),
        "sub",
        new DataLossRules.Ledgers() {
          @Override
          public Map<TopicPartition, TopicLedgers> reaching(Map<TopicPartition, Pos> tails) {
            asked = tails.keySet();
            return stored;
          }

          @Override
          public Map<TopicPartition, TopicLedgers> now(Collection<TopicPartition> partitions) {
            refreshed.addAll(partitions);
            return partitions.isEmpty() ? Map.of() : stored;
          }
        });
  }

  private void store(Map<String, Cursor> cursors, long... ledgers) {
    TreeMap<Long, Ledger> byId = new TreeMap<>();
    for (long ledger : ledgers) {
      byId.put(ledger, new Ledger(10, 100));
    }
    stored.put(TP, new TopicLedgers(byId, cursors));
  }
}
