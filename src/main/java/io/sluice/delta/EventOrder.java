package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.KIND;
import static io.sluice.delta.ChangeColumns.ORDER;
import static io.sluice.delta.ChangeColumns.OWN_PREFIX;
import static io.sluice.delta.ChangeColumns.POSITION;
import static io.sluice.delta.ChangeColumns.UNWRITTEN;
import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * How events are put in order: by a struct that Spark compares from left to right. It has where the
 * event stands, its rank (a delete before an upsert before a truncate), and a digest of its
 * content. So two events of a key are equal in order only if they are the same.
 */
sealed interface EventOrder {

  /** The type of an event's order. */
  StructType type();

  /** An event's order; null if it has none. */
  Column order();

  /** The type of the point in which a version starts or ends. */
  DataType pointType();

  /** The point of an event, which has its order already, in which a version starts or ends. */
  Column point();

  /**
   * Where the topic orders: the message's ledger, entry and index in its batch, and the event's
   * place among those of its message.
   *
   * @param values the stored columns beside the keys
   * @param index the event's place in its message
   */
  record ByTopic(List<StructField> values, Column index) implements EventOrder {

    static final StructType POSITION_TYPE =
        new StructType()
            .add("topic", DataTypes.StringType)
            .add("partition", DataTypes.IntegerType)
            .add("ledger", DataTypes.LongType)
            .add("entry", DataTypes.LongType)
            .add("batch_index", DataTypes.IntegerType);

    private static final StructType TYPE =
        new StructType()
            .add("ledger", DataTypes.LongType)
            .add("entry", DataTypes.LongType)
            .add("batch_index", DataTypes.IntegerType)
            .add("index", DataTypes.IntegerType)
            .add("rank", DataTypes.IntegerType)
            .add("digest", DataTypes.LongType);

    @Override
    public StructType type() {
      return TYPE;
    }

    @Override
    public Column order() {
      Column position = column(POSITION);
      Column[] content = contents(values).toArray(Column[]::new);
      return struct(
          position.getField("ledger").as("ledger"),
          position.getField("entry").as("entry"),
          position.getField("batch_index").as("batch_index"),
          index.as("index"),
          column(KIND).as("rank"),
          (content.length == 0 ? lit(0L) : xxhash64(content)).as("digest"));
    }

    @Override
    public DataType pointType() {
      return POSITION_TYPE;
    }

    @Override
    public Column point() {
      return column(POSITION);
    }
  }

  /**
   * Where columns of the events order them; an event has no order if one of them is null.
   *
   * @param sequence these columns, one at least
   * @param values the stored columns beside the keys
   * @param hasUnwritten whether events say which columns they do not carry
   */
  record BySequence(List<StructField> sequence, List<StructField> values, boolean hasUnwritten)
      implements EventOrder {

    /** The part of an order that is the kind of the event. */
    static final String RANK = OWN_PREFIX + "rank";

    private static final String DIGEST = OWN_PREFIX + "digest";

    @Override
    public StructType type() {
      return new StructType(sequence.toArray(StructField[]::new))
          .add(RANK, DataTypes.IntegerType)
          .add(DIGEST, DataTypes.BinaryType)
          .asNullable();
    }

    @Override
    public Column order() {
      Stream<Column> unwritten =
          hasUnwritten ? Stream.of(array_sort(column(UNWRITTEN)).as(UNWRITTEN)) : Stream.empty();
      Stream<Column> content =
          Stream.of(contents(values), unwritten, Stream.of(column(KIND))).flatMap(each -> each);
      Stream<Column> points = sequence.stream().map(field -> column(field.name()).as(field.name()));
      Stream<Column> rest =
          Stream.of(
              column(KIND).as(RANK),
              Canonical.digest(struct(content.toArray(Column[]::new))).as(DIGEST));
      Column known =
          sequence.stream()
              .map(field -> column(field.name()).isNotNull())
              .reduce(Column::and)
              .orElseThrow();
      return when(known, struct(Stream.concat(points, rest).toArray(Column[]::new)));
    }

    @Override
    public DataType pointType() {
      return sequence.size() == 1
          ? sequence.get(0).dataType()
          : new StructType(sequence.toArray(StructField[]::new));
    }

    @Override
    public Column point() {
      Column[] points =
          sequence.stream()
              .map(field -> column(ORDER).getField(field.name()).as(field.name()))
              .toArray(Column[]::new);
      return points.length == 1 ? points[0] : struct(points);
    }
  }

  private static Stream<Column> contents(List<StructField> values) {
    return values.stream()
        .map(value -> Canonical.of(column(value.name()), value.dataType()).as(value.name()));
  }
}
