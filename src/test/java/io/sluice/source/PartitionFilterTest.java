package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.pulsar.TopicPartition;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.Expressions;
import org.apache.spark.sql.connector.expressions.LiteralValue;
import org.apache.spark.sql.connector.expressions.filter.And;
import org.apache.spark.sql.connector.expressions.filter.Not;
import org.apache.spark.sql.connector.expressions.filter.Or;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which partitions a condition keeps. */
class PartitionFilterTest {

  private static final List<TopicPartition> PARTITIONS =
      Stream.of("a", "b")
          .flatMap(
              name ->
                  Stream.of(0, 1, 2)
                      .map(index -> new TopicPartition("persistent://t/n/" + name, index)))
          .toList();

  private static final Predicate UNKNOWN = compare("=", column("value"), number(1));
  private static final Predicate TOPIC_A =
      compare("=", column("__topic"), text("persistent://t/n/a"));
  private static final Predicate PARTITION_1 = compare("=", column("__partition"), number(1));

  @ParameterizedTest
  @CsvSource({"=, 1", "<=>, 1", "<>, 0 2", "<, 0", "<=, 0 1", ">, 2", ">=, 1 2"})
  void keeps_byComparison_thePartitionsForWhichItHolds(String operator, String expected) {
    assertThat(kept(TOPIC_A, compare(operator, column("__PARTITION"), number(1))))
        .extracting(each -> each.substring(each.length() - 1))
        .containsExactly(expected.split(" ", -1));
  }

  @Test
  void keeps_byList_thePartitionsThatItNames() {
    assertThat(kept(compare("IN", column("__partition"), number(0), number(2)), TOPIC_A))
        .hasSize(2);
    assertThat(kept(compare("IN", column("__partition"), number(0), column("value")))).hasSize(6);
  }

  @Test
  void keeps_byCombinations_followsTruth() {
    assertThat(kept(new And(TOPIC_A, PARTITION_1))).hasSize(1);
    assertThat(kept(new Or(TOPIC_A, PARTITION_1))).hasSize(4);
    assertThat(kept(new Not(new Or(TOPIC_A, PARTITION_1)))).hasSize(2);
  }

  @Test
  void keeps_whatAnotherColumnDecides() {
    assertThat(kept(new Or(TOPIC_A, UNKNOWN))).hasSize(6);
    assertThat(kept(new Not(new And(TOPIC_A, UNKNOWN)))).hasSize(6);
    assertThat(kept(new And(TOPIC_A, UNKNOWN))).hasSize(3);
    assertThat(kept(new Not(UNKNOWN))).hasSize(6);
    assertThat(kept(compare("STARTS_WITH", column("__topic"), text("x")))).hasSize(6);
    assertThat(kept(compare("=", column("__topic"), number(1)))).hasSize(6);
  }

  @Test
  void of_takesOnlyWhatSpeaksOfPartitions() {
    assertThat(PartitionFilter.of(new Predicate[] {UNKNOWN, TOPIC_A}).conditions())
        .containsExactly(TOPIC_A);
  }

  private static List<String> kept(Predicate... conditions) {
    PartitionFilter filter = PartitionFilter.of(conditions);
    return PARTITIONS.stream().filter(filter::keeps).map(TopicPartition::fullName).toList();
  }

  private static Predicate compare(String operator, Expression... operands) {
    return new Predicate(operator, operands);
  }

  private static Expression column(String name) {
    return Expressions.column(name);
  }

  private static Expression number(int value) {
    return new LiteralValue<>(value, DataTypes.IntegerType);
  }

  private static Expression text(String value) {
    return new LiteralValue<>(UTF8String.fromString(value), DataTypes.StringType);
  }
}
