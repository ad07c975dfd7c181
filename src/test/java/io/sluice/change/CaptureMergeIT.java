package io.sluice.change;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.struct;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.CommitRange;
import io.sluice.delta.TopicPositions;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import io.sluice.transform.ChangeKinds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
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
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a connector has captured, merged for real in many ways at once: each way cuts the events
 * into other batches and goes back now and then, as a connector does that has lost its place. In
 * every way the table is the one that a plain replay of the same events makes.
 *
 * <p>{@code -Dsluice.capture.ways=200 -Dsluice.capture.tables=all -Dsluice.captures=pg-rec,my-rec}
 * tries more.
 */
class CaptureMergeIT {

  private static final int WAYS = Integer.getInteger("sluice.capture.ways", 5);
  private static final Set<String> TABLES =
      Set.of(System.getProperty("sluice.capture.tables", "documents").split(",", -1));
  private static final long SEED = Long.getLong("sluice.seed", 20261122);
  private static final int BATCHES = 3;
  private static final int LOOKS = 5;

  /** So many ways take longer to interpret a plan for than to compile it. */
  private static final int COMPILED = 50;

  private static final String WAY = "way";
  private static final ChangeOptions DEBEZIUM = ChangeOptions.of(ChangeFormat.DEBEZIUM);

  private static final StructType SENT =
      StructType.fromDDL(WAY + " INT, batch INT, at BIGINT, __entryId BIGINT");

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark =
      WAYS < COMPILED ? SparkSessions.local() : SparkSessions.compiling();
  private final SparkSession reader = reader(spark);
  private final Random random = new Random(SEED);
  private int tables;

  /** Reads times of long ago, and those in lists, as they are. */
  private static SparkSession reader(SparkSession spark) {
    SparkSession reader = spark.newSession();
    reader.conf().set("spark.sql.datetime.java8API.enabled", true);
    return reader;
  }

  private static Stream<String> captures() {
    return Stream.of(System.getProperty("sluice.captures", "pg-rec").split(",", -1));
  }

  @ParameterizedTest
  @MethodSource("captures")
  void merge_cutAnywhereAndSentAgain_isTheReplayedTable(String name) throws Exception {
    System.out.printf("%s: seed %d (-Dsluice.seed)%n", name, SEED);
    Capture capture = Capture.of(name);
    List<String> merged = new ArrayList<>();
    for (JsonNode definition : capture.definitions()) {
      String table = definition.path("table").textValue();
      if (!TABLES.contains("all") && !TABLES.contains(table)) {
        continue;
      }
      List<RawMessage> messages = capture.table(table);
      ReplayedTable replayed = ReplayedTable.of(messages, DEBEZIUM);
      if (isKeyed(replayed)) {
        List<List<Integer>> ways =
            IntStream.range(0, WAYS).mapToObj(i -> way(messages.size())).toList();
        for (List<List<Integer>> together : together(replayed, ways)) {
          merge(table, messages, replayed, together);
        }
        merged.add(table);
      }
    }
    assertThat(merged).isNotEmpty();
  }

  private static boolean isKeyed(ReplayedTable table) {
    return changes(table)
        .allMatch(change -> change.op() == Op.TRUNCATE || !change.keys().isEmpty());
  }

  /** Ways that share a table: an event that empties it would do so in each of them. */
  private static List<List<List<Integer>>> together(ReplayedTable table, List<List<Integer>> ways) {
    return changes(table).anyMatch(change -> change.op() == Op.TRUNCATE)
        ? ways.stream().map(List::of).toList()
        : List.of(ways);
  }

  private static Stream<ChangeEvent.RowChange> changes(ReplayedTable table) {
    return table.outcomes().stream().map(Outcome::change).flatMap(Stream::ofNullable);
  }

  private void merge(
      String table, List<RawMessage> messages, ReplayedTable replayed, List<List<Integer>> ways)
      throws Exception {
    var decoder = new ChangeDecoder(replayed.columns(), DEBEZIUM, Set.of());
    List<List<Outcome>> decoded = messages.stream().map(decoder::decode).toList();
    Set<Integer> parted = parted(decoded);
    Dataset<Row> events = events(messages, replayed, ways, parted).persist();
    List<String> keys = new ArrayList<>(List.of(WAY));
    keys.addAll(keys(replayed));
    System.out.printf("%s: %d changes of a key that may be parted%n", table, parted.size());
    for (ScdType type : ScdType.values()) {
      String path = lake.path(table.replace(' ', '_') + "-" + type + "-" + tables++);
      for (int batch = 0; batch < BATCHES; batch++) {
        write(path, type, keys, events.where(col("batch").equalTo(batch)).drop("batch"), batch);
      }
      Map<Integer, List<Row>> rows =
          reader.read().format("delta").load(path).collectAsList().stream()
              .collect(Collectors.groupingBy(row -> row.<Integer>getAs(WAY)));
      for (int way = 0; way < ways.size(); way++) {
        List<List<Outcome>> sent = ways.get(way).stream().map(decoded::get).toList();
        String which = "%s, %s, way %d".formatted(table, type, way);
        assertThat(RowTexts.of(ReplayedTable.replay(replayed.columns(), sent)))
            .as("%s: the steps back change nothing in the end", which)
            .containsExactlyInAnyOrderElementsOf(RowTexts.of(replayed));
        assertEqual(which, type, sent, rows.getOrDefault(way, List.of()), replayed.columns());
      }
    }
    events.unpersist();
  }

  /** The messages in their order, with steps back. */
  private List<Integer> way(int messages) {
    List<Integer> sent = new ArrayList<>();
    int next = 0;
    while (next < messages) {
      int end = Math.min(messages, next + 1 + random.nextInt(messages));
      IntStream.range(next, end).forEach(sent::add);
      next = end == messages ? end : Math.max(0, end - random.nextInt(20));
    }
    return sent;
  }

  /**
   * The upserts that lack something and follow a delete of the same change, which do not say that
   * their row had another key: where a batch is to begin, as chance would seldom let it.
   */
  private static Set<Integer> parted(List<List<Outcome>> decoded) {
    Set<Integer> parted = new HashSet<>();
    int deleted = -1;
    for (int at = 0; at < decoded.size(); at++) {
      ChangeEvent.RowChange change = decoded.get(at).get(0).change();
      if (change != null && change.op() == Op.DELETE) {
        deleted = at;
      } else if (change != null && deleted >= 0) {
        ChangeEvent.RowChange before = Objects.requireNonNull(decoded.get(deleted).get(0).change());
        String position = before.source().position();
        if (before.otherKey() == null
            && position != null
            && position.equals(change.source().position())
            && !Objects.requireNonNull(decoded.get(at).get(0).row()).unwritten().isEmpty()) {
          parted.add(at);
        }
        deleted = -1;
      }
    }
    return parted;
  }

  private Dataset<Row> events(
      List<RawMessage> messages,
      ReplayedTable replayed,
      List<List<Integer>> ways,
      Set<Integer> parted) {
    List<Row> sent = new ArrayList<>();
    for (int way = 0; way < ways.size(); way++) {
      List<Integer> order = ways.get(way);
      int[] places =
          IntStream.range(0, order.size()).filter(at -> parted.contains(order.get(at))).toArray();
      int[] cuts =
          random
              .ints(BATCHES - 1, 0, order.size() + 1)
              .map(
                  cut ->
                      places.length > 0 && random.nextBoolean()
                          ? places[random.nextInt(places.length)]
                          : cut)
              .sorted()
              .toArray();
      for (int at = 0; at < order.size(); at++) {
        int position = at;
        int batch = (int) Arrays.stream(cuts).filter(cut -> cut <= position).count();
        sent.add(RowFactory.create(way, batch, (long) at, (long) order.get(at)));
      }
    }
    Dataset<Row> events =
        ChangeRows.changes(
            ChangeRows.decoded(
                RawRows.of(messages), replayed.columns(), DEBEZIUM, RawRows.registry(messages)));
    List<String> columns = new ArrayList<>(List.of(replayed.columns().fieldNames()));
    columns.addAll(List.of(ChangeRows.OP, ChangeRows.UNWRITTEN, ChangeRows.INDEX, WAY, "batch"));
    return events
        .join(spark.createDataFrame(sent, SENT), "__entryId")
        .select(
            Stream.concat(
                    columns.stream().map(name -> col("`" + name + "`")),
                    Stream.of(
                        col(ChangeRows.OTHER_KEY).withField(WAY, col(WAY)).as(ChangeRows.OTHER_KEY),
                        concat(col(WAY).cast("STRING"), lit(" "), col(ChangeRows.CHANGE))
                            .as(ChangeRows.CHANGE),
                        struct(
                                lit("persistent://t/n/a").as("topic"),
                                col(WAY).as("partition"),
                                lit(1L).as("ledger"),
                                col("at").as("entry"),
                                lit(0).as("batch_index"))
                            .as("_position")))
                .toArray(Column[]::new));
  }

  private static List<String> keys(ReplayedTable table) {
    return changes(table)
        .map(ChangeEvent.RowChange::keys)
        .filter(keys -> !keys.isEmpty())
        .findFirst()
        .orElseThrow();
  }

  private void write(String path, ScdType type, List<String> keys, Dataset<Row> events, int batch)
      throws Exception {
    AutoCdcSpec cdc =
        new AutoCdcSpec(
            keys,
            List.of(),
            "_op = 'd'",
            "_op = 't'",
            ColumnSelection.none(),
            ColumnSelection.all(),
            type,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    Dataset<Row> rows =
        ChangeKinds.of(events, AutoCdcWrite.KIND, cdc.applyAsDeletes(), cdc.applyAsTruncates());
    CommitRange range =
        new CommitRange("job", "e", batch, "0123456789abcdef", at(batch), at(batch + 1));
    AutoCdcWrite.open(spark, TargetSpec.of(path).merging(cdc), rows.schema(), false)
        .write(rows, range);
  }

  private static TopicPositions at(long entry) {
    return TopicPositions.parse(
        "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:%d\"}}}".formatted(entry));
  }

  private void assertEqual(
      String way, ScdType type, List<List<Outcome>> sent, List<Row> rows, StructType columns) {
    int[] looks =
        type == ScdType.ONE
            ? new int[] {sent.size() - 1}
            : random.ints(LOOKS, 0, sent.size()).toArray();
    for (int look : looks) {
      List<Row> then =
          rows.stream().filter(row -> type == ScdType.ONE || holds(row, look)).toList();
      assertThat(RowTexts.of(then, columns))
          .as("%s, up to the message at %d of %d", way, look, sent.size())
          .containsExactlyInAnyOrderElementsOf(
              RowTexts.of(ReplayedTable.replay(columns, sent.subList(0, look + 1))));
    }
  }

  private static boolean holds(Row row, long at) {
    Row start = row.getAs("__START_AT");
    Row end = row.getAs("__END_AT");
    return start.<Long>getAs("entry") <= at && (end == null || end.<Long>getAs("entry") > at);
  }
}
