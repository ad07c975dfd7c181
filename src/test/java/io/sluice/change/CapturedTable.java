package io.sluice.change;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitRange;
import io.sluice.delta.CommitResult;
import io.sluice.delta.TopicPositions;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.TargetSpec;
import io.sluice.transform.ChangeKinds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * The events that a connector has captured of a table with a primary key, to be merged for real in
 * many ways at once: {@value #WAY} is a column of theirs and part of the key.
 *
 * @param partitions the partition of each message
 * @param decoded what becomes of each message, for the columns that the table has in the end
 */
record CapturedTable(
    String name,
    List<RawMessage> messages,
    List<Integer> partitions,
    ReplayedTable replayed,
    List<String> keys,
    List<List<Outcome>> decoded) {

  static final String WAY = "way";

  private static final ChangeOptions DEBEZIUM = ChangeOptions.of(ChangeFormat.DEBEZIUM);

  private static final StructType SENT =
      StructType.fromDDL(WAY + " INT, batch INT, partition INT, at BIGINT, __entryId BIGINT");

  /**
   * A way to send the messages.
   *
   * @param messages their numbers, in the order in which they are sent
   * @param cuts before which of them a batch begins that is not the first
   */
  record Way(List<Integer> messages, int[] cuts) {}

  /**
   * The tables of a capture that have a key.
   *
   * @param names those that are wanted, or {@code all}
   */
  static List<CapturedTable> of(Capture capture, Set<String> names) throws Exception {
    List<CapturedTable> tables = new ArrayList<>();
    for (JsonNode definition : capture.definitions()) {
      String name = definition.path("table").textValue();
      if (!names.contains("all") && !names.contains(name)) {
        continue;
      }
      List<RawMessage> messages = capture.table(name);
      ReplayedTable replayed = ReplayedTable.of(messages, DEBEZIUM);
      List<ChangeEvent.RowChange> rows =
          changes(replayed).filter(change -> change.op() != Op.TRUNCATE).toList();
      if (rows.stream().noneMatch(change -> change.keys().isEmpty())) {
        var decoder = new ChangeDecoder(replayed.columns(), DEBEZIUM, Set.of());
        tables.add(
            new CapturedTable(
                name,
                messages,
                capture.partitions(name),
                replayed,
                rows.get(0).keys(),
                messages.stream().map(decoder::decode).toList()));
      }
    }
    return tables;
  }

  /** The ways that can share a table: an event that empties it would do so in each of them. */
  List<List<Way>> together(List<Way> ways) {
    return changes(replayed).anyMatch(change -> change.op() == Op.TRUNCATE)
        ? ways.stream().map(List::of).toList()
        : List.of(ways);
  }

  /** How many partitions its messages are spread over. */
  int spread() {
    return 1 + partitions.stream().mapToInt(partition -> partition).max().orElse(0);
  }

  private static Stream<ChangeEvent.RowChange> changes(ReplayedTable table) {
    return table.outcomes().stream().map(Outcome::change).flatMap(Stream::ofNullable);
  }

  /**
   * Merges the events of some ways into a table, batch after batch and each twice, as they come
   * again after a crash.
   *
   * @param path where the table will be
   * @param orderedBy the columns that order the events, the most significant first, with the SQL
   *     that makes them; empty for the order in which they are sent
   */
  void merge(
      SparkSession spark, String path, ScdType type, List<Way> ways, Map<String, String> orderedBy)
      throws Exception {
    List<String> sequence = List.copyOf(orderedBy.keySet());
    List<String> keyed = new ArrayList<>(List.of(WAY));
    keyed.addAll(keys);
    AutoCdcSpec cdc =
        new AutoCdcSpec(
            keyed,
            sequence,
            "_op = 'd'",
            "_op = 't'",
            ColumnSelection.none(),
            ColumnSelection.allBut(sequence),
            type,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    Dataset<Row> events = events(spark, ways, orderedBy).persist();
    int batches = ways.get(0).cuts().length + 1;
    for (int batch = 0; batch < batches; batch++) {
      Dataset<Row> rows =
          ChangeKinds.of(
              events.where(col("batch").equalTo(batch)).drop("batch"),
              AutoCdcWrite.KIND,
              cdc.applyAsDeletes(),
              cdc.applyAsTruncates());
      for (int attempt = 0; attempt < 2; attempt++) {
        CommitRange range =
            new CommitRange("job", "e", batch, "0123456789abcdef", at(batch), at(batch + 1));
        CommitResult result =
            AutoCdcWrite.open(spark, TargetSpec.of(path).merging(cdc), rows.schema(), false)
                .write(rows, range);
        assertThat(result.replayed()).as("batch %d, again", batch).isEqualTo(attempt > 0);
      }
    }
    events.unpersist();
  }

  /** As of one way: to a job, the ways are one topic. */
  private TopicPositions at(long entry) {
    String partitions =
        IntStream.range(0, spread())
            .mapToObj(partition -> "\"%d\":\"1:%d\"".formatted(partition, entry))
            .collect(Collectors.joining(","));
    return TopicPositions.parse(
        "{\"v\":1,\"t\":{\"persistent://t/n/a\":{%s}}}".formatted(partitions));
  }

  private Dataset<Row> events(SparkSession spark, List<Way> ways, Map<String, String> orderedBy) {
    List<Row> sent = new ArrayList<>();
    for (int number = 0; number < ways.size(); number++) {
      Way way = ways.get(number);
      for (int at = 0; at < way.messages().size(); at++) {
        int position = at;
        int batch = (int) Arrays.stream(way.cuts()).filter(cut -> cut <= position).count();
        int message = way.messages().get(at);
        int partition = number * spread() + partitions.get(message);
        sent.add(RowFactory.create(number, batch, partition, (long) at, (long) message));
      }
    }
    Dataset<Row> events =
        ChangeRows.changes(
            ChangeRows.decoded(
                RawRows.of(messages), replayed.columns(), DEBEZIUM, RawRows.registry(messages)));
    List<Column> columns = new ArrayList<>();
    for (String column : replayed.columns().fieldNames()) {
      columns.add(col("`" + column + "`"));
    }
    for (String column :
        List.of(ChangeRows.OP, ChangeRows.UNWRITTEN, ChangeRows.INDEX, WAY, "batch")) {
      columns.add(col(column));
    }
    columns.add(col(ChangeRows.OTHER_KEY).withField(WAY, col(WAY)).as(ChangeRows.OTHER_KEY));
    columns.add(
        concat(col(WAY).cast("STRING"), lit(" "), col(ChangeRows.CHANGE)).as(ChangeRows.CHANGE));
    columns.add(
        struct(
                lit("persistent://t/n/a").as("topic"),
                col("partition"),
                lit(1000L).minus(col("partition")).as("ledger"),
                col("at").as("entry"),
                lit(0).as("batch_index"))
            .as("_position"));
    orderedBy.forEach((column, sql) -> columns.add(expr(sql).as(column)));
    return events
        .join(spark.createDataFrame(sent, SENT), "__entryId")
        .select(columns.toArray(Column[]::new));
  }
}
