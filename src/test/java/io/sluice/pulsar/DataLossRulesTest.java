package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicLedgers.Ledger;
import java.util.HashMap;
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
  private Set<TopicPartition> asked = Set.of();

  @Test
  void check_inTheTailsLedger_asksNothing() {
    assertThat(check(new Pos(5, 3), new Pos(5, 9))).containsEntry(TP, new Pos(5, 3));
    assertThat(asked).isEmpty();
  }

  @Test
  void check_fromTheEarliest_orOfAnEmptyTopic_asksNothing() {
    assertThat(check(Pos.EARLIEST, new Pos(5, 9))).containsEntry(TP, Pos.EARLIEST);
    assertThat(check(new Pos(5, 9), Pos.EARLIEST)).containsEntry(TP, new Pos(5, 9));
    assertThat(asked).isEmpty();
  }

  @Test
  void check_whenThePositionsLedgerIsListed_isNoLoss() {
    store(Map.of(), 5, 7, 9);

    assertThat(check(new Pos(5, 3), new Pos(9, 1))).containsEntry(TP, new Pos(5, 3));
    assertThat(asked).containsExactly(TP);
  }

  @Test
  void check_whenThePositionsLedgerIsGone_namesWhatIsLeft() {
    store(Map.of(), 7, 9);

    assertLoss(new Pos(5, 3), new Pos(9, 1), "from 5:3", "ledger 5", "entry is 7:0");
  }

  @Test
  void check_whenTheTailIsBeforeThePosition_saysThatTheTopicIsAnother() {
    store(Map.of(), 2);

    assertLoss(new Pos(5, 3), new Pos(2, 1), "ends at 2:1", "made anew");
  }

  @Test
  void check_whenATopicIsGone_isALoss() {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> rules().check(Positions.of(Map.of(TP, new Pos(5, 3))), Map.of()))
        .satisfies(failure -> assertThat(failure.condition()).isEqualTo(Condition.DATA_LOSS))
        .withMessageContaining("does not exist any more");
  }

  @Test
  void check_whenLossIsAllowed_goesOnAtTheEarliest_andForgetsTopicsThatAreGone() {
    given.put("failOnDataLoss", "false");
    store(Map.of(), 7, 9);

    assertThat(
            rules()
                .check(
                    Positions.of(Map.of(TP, new Pos(5, 3), OTHER, new Pos(1, 1))),
                    Map.of(TP, new Pos(9, 1))))
        .containsExactly(Map.entry(TP, Pos.EARLIEST));
  }

  @Test
  void check_withThePin_neverExcusesAMissingLedger() {
    store(Map.of("sub", new Pos(5, 3)), 7, 9);

    assertLoss(new Pos(5, 3), new Pos(9, 1), "ledger 5");
  }

  @Test
  void check_withoutThePin_excusesALedgerThatWasAcknowledgedToThePosition() {
    given.put("retentionPin", "false");
    Pos position = new Pos(5, 3);

    store(Map.of("sub", new Pos(5, 3)), 7, 9);
    assertThat(check(position, new Pos(9, 1))).containsEntry(TP, position);
    store(Map.of("sub", new Pos(7, 0)), 7, 9);
    assertThat(check(position, new Pos(9, 1))).containsEntry(TP, position);
    store(Map.of("sub", new Pos(7, 2)), 7, 9);
    assertLoss(position, new Pos(9, 1), "ledger 5");
    store(Map.of("another", new Pos(5, 3)), 7, 9);
    assertLoss(position, new Pos(9, 1), "ledger 5");
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
    return rules().check(Positions.of(Map.of(TP, position)), Map.of(TP, tail));
  }

  private DataLossRules rules() {
    return new DataLossRules(
        PulsarOptions.parse(given),
        "sub",
        tails -> {
          asked = tails.keySet();
          return stored;
        });
  }

  private void store(Map<String, Pos> cursors, long... ledgers) {
    TreeMap<Long, Ledger> byId = new TreeMap<>();
    for (long ledger : ledgers) {
      byId.put(ledger, new Ledger(10, 100));
    }
    stored.put(TP, new TopicLedgers(byId, cursors));
  }
}
