package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.Pos;
import io.sluice.pulsar.TopicPartition;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** How old a backlog is, by clocks of the test's own. */
class BacklogAgeTest {

  private static final Map<TopicPartition, Pos> WAITING =
      Map.of(new TopicPartition("persistent://t/n/a", 0), new Pos(3, 4));

  private long seconds = 1000;
  private int questions;
  private OptionalLong published = OptionalLong.of(TimeUnit.SECONDS.toMillis(900));
  private final BacklogAge age =
      new BacklogAge(
          waiting -> {
            questions++;
            return published;
          },
          () -> TimeUnit.SECONDS.toNanos(seconds),
          () -> TimeUnit.SECONDS.toMillis(seconds));

  @Test
  void seconds_withoutABacklog_isZeroAndAsksNobody() {
    assertThat(age.seconds(Map.of())).hasValue(0);
    assertThat(questions).isZero();
  }

  @Test
  void seconds_ofABacklog_growsAndIsAskedForEveryTenSeconds() {
    assertThat(age.seconds(WAITING)).hasValue(100);
    seconds += 9;
    assertThat(age.seconds(WAITING)).hasValue(109);
    assertThat(questions).isEqualTo(1);

    seconds += 1;
    published = OptionalLong.of(TimeUnit.SECONDS.toMillis(1005));
    assertThat(age.seconds(WAITING)).hasValue(5);
    assertThat(questions).isEqualTo(2);
  }

  @Test
  void seconds_ofABacklogAfterNone_isAskedForAtOnce() {
    age.seconds(WAITING);
    age.seconds(Map.of());
    age.seconds(WAITING);
    assertThat(questions).isEqualTo(2);
  }

  @Test
  void seconds_ofMessagesFromTheFuture_isZero_andUnknownIsUnknown() {
    published = OptionalLong.of(TimeUnit.SECONDS.toMillis(2000));
    assertThat(age.seconds(WAITING)).hasValue(0);
    seconds += 10;
    published = OptionalLong.empty();
    assertThat(age.seconds(WAITING)).isEmpty();
  }
}
