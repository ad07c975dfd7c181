package io.sluice.source;

import io.sluice.pulsar.TopicPartition;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.connector.expressions.Expression;
import org.apache.spark.sql.connector.expressions.Literal;
import org.apache.spark.sql.connector.expressions.NamedReference;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * What the conditions of a query say about whole topic partitions, by the columns {@code __topic}
 * and {@code __partition}. A condition that says nothing clear keeps a partition; Spark applies
 * every condition to the rows again.
 *
 * @param conditions all of which a row must meet
 */
record PartitionFilter(List<Predicate> conditions) {

  /** A filter that keeps everything. */
  static final PartitionFilter NONE = new PartitionFilter(List.of());

  /** The conditions that say something about partitions. */
  static PartitionFilter of(Predicate[] conditions) {
    return new PartitionFilter(
        Arrays.stream(conditions).filter(PartitionFilter::speaksOfPartitions).toList());
  }

  private static boolean speaksOfPartitions(Predicate condition) {
    return Arrays.stream(condition.references())
        .anyMatch(
            column ->
                isColumn(column, MetadataColumn.TOPIC)
                    || isColumn(column, MetadataColumn.PARTITION));
  }

  /** Whether the partition may hold rows that meet the conditions. */
  boolean keeps(TopicPartition partition) {
    return conditions.stream()
        .noneMatch(condition -> Boolean.FALSE.equals(holds(condition, partition)));
  }

  /** Whether the condition holds for every row, false for none, null if that is not clear. */
  private static @Nullable Boolean holds(Expression condition, TopicPartition partition) {
    if (!(condition instanceof Predicate predicate)) {
      return null;
    }
    List<@Nullable Boolean> parts =
        Arrays.stream(predicate.children()).map(child -> holds(child, partition)).toList();
    return switch (predicate.name()) {
      case "ALWAYS_FALSE" -> false;
      case "AND" ->
          parts.contains(false) ? (Boolean) false : parts.contains(null) ? null : (Boolean) true;
      case "OR" ->
          parts.contains(true) ? (Boolean) true : parts.contains(null) ? null : (Boolean) false;
      case "NOT" -> parts.get(0) == null ? null : (Boolean) !parts.get(0);
      default -> compared(predicate, partition);
    };
  }

  private static @Nullable Boolean compared(Predicate predicate, TopicPartition partition) {
    Expression[] operands = predicate.children();
    Comparable<?> value = operands.length == 0 ? null : valueOf(operands[0], partition);
    if (value == null) {
      return null;
    }
    List<Integer> orders =
        Arrays.stream(operands)
            .skip(1)
            .map(operand -> order(value, operand))
            .filter(Objects::nonNull)
            .toList();
    if (orders.size() != operands.length - 1 || orders.isEmpty()) {
      return null;
    }
    int order = orders.get(0);
    return switch (predicate.name()) {
      case "=", "<=>" -> order == 0;
      case "<>" -> order != 0;
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      case ">=" -> order >= 0;
      case "IN" -> orders.contains(0);
      default -> null;
    };
  }

  private static @Nullable Comparable<?> valueOf(Expression operand, TopicPartition partition) {
    if (isColumn(operand, MetadataColumn.TOPIC)) {
      return UTF8String.fromString(partition.topic());
    }
    return isColumn(operand, MetadataColumn.PARTITION) ? (Integer) partition.partition() : null;
  }

  /** How the value compares with a literal, null if it is none of its type. */
  private static @Nullable Integer order(Comparable<?> value, Expression operand) {
    Object literal = operand instanceof Literal<?> given ? given.value() : null;
    if (value instanceof UTF8String text && literal instanceof UTF8String other) {
      return text.compareTo(other);
    }
    return value instanceof Integer number && literal instanceof Integer other
        ? number.compareTo(other)
        : null;
  }

  private static boolean isColumn(Expression expression, MetadataColumn column) {
    return expression instanceof NamedReference reference
        && reference.fieldNames().length == 1
        && reference.fieldNames()[0].equalsIgnoreCase(column.columnName());
  }
}
