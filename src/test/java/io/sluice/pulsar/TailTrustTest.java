package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TailTrustTest {

  private static final TopicPartition TP = new TopicPartition("persistent://t/n/a", 0);
  private static final Pos TAIL = new Pos(5, 9);

  private final TailTrust trust = new TailTrust();

  @Test
  void aTailThatIsNotBeforeTheLast_isBelieved() {
    assertThat(trust.doubtful(TP, TAIL)).isFalse();
    trust.believe(TP, TAIL, 0);
    assertThat(trust.doubtful(TP, TAIL)).isFalse();
    assertThat(trust.doubtful(TP, new Pos(7, 1))).isFalse();
  }

  @Test
  void nothing_isDoubtfulUntilItIsKnown() {
    assertThat(trust.doubtful(TP, Pos.EARLIEST)).isTrue();
    trust.believe(TP, Pos.EARLIEST, 0);
    assertThat(trust.doubtful(TP, Pos.EARLIEST)).isFalse();
  }

  @Test
  void aTailBeforeWhatWasRead_isDoubtful_fromTheFirstQuestionOn() {
    trust.expect(Positions.of(Map.of(TP, TAIL)));

    assertThat(trust.doubtful(TP, TAIL)).isFalse();
    assertThat(trust.doubtful(TP, new Pos(5, 8))).isTrue();
    assertThat(trust.doubtful(TP, Pos.EARLIEST)).isTrue();
  }

  @Test
  void aDoubtfulTail_countsWhenItHasBeenTheSameForThreeSeconds() {
    trust.expect(Positions.of(Map.of(TP, TAIL)));
    Pos back = new Pos(5, 1);

    assertThat(trust.settled(TP, back, seconds(9))).isFalse();
    assertThat(trust.firstDoubt(TP, back, seconds(10))).isTrue();
    assertThat(trust.firstDoubt(TP, back, seconds(12))).isFalse();
    assertThat(trust.settled(TP, back, seconds(12))).isFalse();
    assertThat(trust.settled(TP, back, seconds(13))).isTrue();

    assertThat(trust.firstDoubt(TP, Pos.EARLIEST, seconds(13))).isTrue();
    assertThat(trust.settled(TP, back, seconds(20))).isFalse();
    assertThat(trust.settled(TP, Pos.EARLIEST, seconds(15))).isFalse();
    assertThat(trust.settled(TP, Pos.EARLIEST, seconds(16))).isTrue();

    trust.believe(TP, back, seconds(16));
    assertThat(trust.doubtful(TP, back)).isFalse();
  }

  @Test
  void aDoubtOfAnEarlierRound_isForgotten() {
    trust.firstDoubt(TP, Pos.EARLIEST, 0);
    trust.begin();
    assertThat(trust.settled(TP, Pos.EARLIEST, seconds(60))).isFalse();
  }

  @Test
  void aTopicThatWentAndCameBack_isKnownAnew() {
    trust.believe(TP, TAIL, 0);
    trust.forget(TP);
    assertThat(trust.doubtful(TP, new Pos(3, 1))).isFalse();
  }

  @Test
  void aTailThatDoesNotMove_isAskedForByANewConsumer_everMoreRarely() {
    trust.believe(TP, TAIL, 0);
    assertThat(trust.renewalDue(TP, seconds(29))).isFalse();
    assertThat(trust.renewalDue(TP, seconds(30))).isTrue();

    trust.renewed(TP, seconds(30));
    trust.believe(TP, TAIL, seconds(31));
    assertThat(trust.renewalDue(TP, seconds(89))).isFalse();
    assertThat(trust.renewalDue(TP, seconds(90))).isTrue();

    for (int i = 0; i < 10; i++) {
      trust.renewed(TP, seconds(100));
    }
    assertThat(trust.renewalDue(TP, seconds(700))).isTrue();

    trust.believe(TP, new Pos(5, 10), seconds(700));
    assertThat(trust.renewalDue(TP, seconds(730))).isTrue();
  }

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
