package io.sluice.bench;

import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.lit;

import io.delta.tables.DeltaTable;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.testing.SparkSessions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Measures the merge of change events against the documented MERGE, each into a table of its own.
 *
 * <p>A batch is merged in each way and into a table of each size before the next one comes, so that
 * what else the machine does falls on all of them, and each turn begins with another one. A few
 * batches are merged before anything counts, and one into every new table.
 */
final class MergeBenchmark {

  private static final int WARM_UPS = 8;

  /** More batches than any table is filled with. */
  private static final int FILLING = 1_000_000;

  private final SparkSession spark = SparkSessions.compiling();
  private final Path directory;
  private final MergeArguments arguments;

  private MergeBenchmark(Path directory, MergeArguments arguments) {
    this.directory = directory;
    this.arguments = arguments;
  }

  /**
   * What a table of batches of one kind is filled with.
   *
   * @param deletes how many of a hundred events delete
   */
  private record Shape(KeyLocality keys, long batch, long table, int deletes) {

    /** The events of a batch, or with the keys from 0 on the table's first rows. */
    static Dataset<Row> rows(Dataset<Long> numbers, String key, long turn, int deletes) {
      Dataset<Row> rows =
          numbers
              .toDF("id")
              .selectExpr(
                  "%s AS id".formatted(key),
                  "IF(id %% 100 < %d, 0, 1) AS %s".formatted(deletes, AutoCdcWrite.KIND));
      return (deletes == 0 ? rows.drop(AutoCdcWrite.KIND) : rows)
          .selectExpr(
              "*",
              "%dL AS version".formatted(turn),
              "concat('name ', id) AS name",
              "md5(concat('a', id, ' ', %d)) AS token".formatted(turn),
              "sha2(concat('b', id, ' ', %d), 256) AS text".formatted(turn),
              "id * 0.25D AS amount",
              "timestamp_seconds(1700000000 + id) AS at",
              "named_struct('topic', 't', 'partition', 0, 'ledger', %dL, 'entry', id, 'batch_index', 0) AS _position"
                  .formatted(turn));
    }

    Dataset<Row> events(SparkSession spark, int turn) {
      return rows(spark.range(0, batch, 1, 4), keys.key(table, batch, turn), turn + 1, deletes);
    }
  }

  /** What one batch cost. */
  private record Cost(double seconds, long bytes, long files) {}

  /**
   * Runs the benchmark: tables on standard output, each batch on standard error.
   *
   * @param args as {@code bench/merge --help} says
   */
  public static void main(String[] args) throws Exception {
    Path directory =
        Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "merge-")
            .toAbsolutePath();
    new MergeBenchmark(directory, MergeArguments.parse(args)).run();
  }

  private void run() throws Exception {
    spark.conf().set("spark.sql.shuffle.partitions", arguments.shufflePartitions());
    measure(List.of(new Shape(KeyLocality.NEAR, 1_000, 100_000, arguments.deletes())), WARM_UPS);
    Map<Shape, Map<MergeWay, List<Cost>>> costs = new LinkedHashMap<>();
    for (KeyLocality keys : arguments.keys()) {
      for (long batch : arguments.batches()) {
        List<Shape> sizes =
            arguments.tables().stream()
                .filter(table -> batch <= table)
                .map(table -> new Shape(keys, batch, table, arguments.deletes()))
                .toList();
        costs.putAll(measure(sizes, arguments.turns()));
      }
    }
    print(costs);
  }

  /** A table of a size, written in a way. */
  private record Contender(Shape shape, MergeWay way, String path, MergeWay.BatchWrite write) {

    /** Batches are numbered on from those that have filled the table. */
    void write(Dataset<Row> events, int turn) throws Exception {
      write.write(events, FILLING + turn);
    }
  }

  private Map<Shape, Map<MergeWay, List<Cost>>> measure(List<Shape> sizes, int turns)
      throws Exception {
    List<Contender> contenders = new ArrayList<>();
    for (Shape shape : sizes) {
      for (MergeWay way : arguments.ways()) {
        contenders.add(filled(shape, way));
      }
    }
    Map<Shape, Map<MergeWay, List<Cost>>> costs = new LinkedHashMap<>();
    sizes.forEach(shape -> costs.put(shape, new EnumMap<>(MergeWay.class)));
    for (int turn = 0; turn <= turns; turn++) {
      for (int i = 0; i < contenders.size(); i++) {
        Contender next = contenders.get((turn + i) % contenders.size());
        Dataset<Row> events = next.shape.events(spark, turn);
        long start = System.nanoTime();
        next.write(events, turn);
        double seconds = (System.nanoTime() - start) / 1e9;
        Cost cost = costOf(next.path, seconds);
        System.err.printf(
            "%s turn %d %-21s %6.3f s %,12d bytes in %d files%n",
            next.shape, turn, next.way.title(), cost.seconds, cost.bytes, cost.files);
        if (turn > 0) {
          Objects.requireNonNull(costs.get(next.shape))
              .computeIfAbsent(next.way, key -> new ArrayList<>())
              .add(cost);
        }
      }
    }
    for (Contender each : contenders) {
      requireRows(each, turns + 1);
      delete(Objects.requireNonNull(Path.of(each.path).getParent()));
    }
    return costs;
  }

  private Contender filled(Shape shape, MergeWay way) throws Exception {
    long files = Math.max(1, shape.table() / arguments.fileRows());
    StructType columns = shape.events(spark, 0).schema();
    // Delta remembers a table by its path for a while after it is gone.
    String path = Files.createTempDirectory(directory, way.name()).resolve("table").toString();
    Map<String, String> properties =
        Map.of("delta.enableDeletionVectors", Boolean.toString(arguments.deletionVectors()));
    MergeWay.BatchWrite write = way.open(spark, path, columns, properties);
    if (way.isFilledByEvents()) {
      for (int file = 0; file < files; file++) {
        Dataset<Long> ids =
            spark.range(file * shape.table() / files, (file + 1) * shape.table() / files, 1, 1);
        Dataset<Row> rows = Shape.rows(ids, "id", 0, 0);
        write.write(shape.deletes() == 0 ? rows : rows.withColumn(AutoCdcWrite.KIND, lit(1)), file);
      }
    } else {
      Shape.rows(spark.range(0, shape.table(), 1, Math.toIntExact(files)), "id", 0, 0)
          .write()
          .format("delta")
          .mode("append")
          .save(path);
    }
    return new Contender(shape, way, path, write);
  }

  private Cost costOf(String path, double seconds) {
    Map<String, String> metrics =
        CollectionConverters.asJava(
            DeltaTable.forPath(spark, path).history(1).select("operationMetrics").head().getMap(0));
    boolean appended = metrics.containsKey("numOutputBytes");
    return new Cost(
        seconds,
        Long.parseLong(metrics.get(appended ? "numOutputBytes" : "numTargetBytesAdded")),
        Long.parseLong(metrics.get(appended ? "numFiles" : "numTargetFilesAdded")));
  }

  /** Counts the rows that the batches have written, so that no way can leave out work. */
  private void requireRows(Contender contender, int turns) {
    Shape shape = contender.shape();
    Dataset<Row> table = spark.read().format("delta").load(contender.path());
    boolean versions = List.of(table.columns()).contains("__END_AT");
    Row there =
        (versions ? table.where("__END_AT IS NULL") : table)
            .selectExpr("count(*)", "count(DISTINCT id)", "count_if(version > 0)")
            .head();
    Dataset<Row> events = shape.events(spark, 0);
    for (int turn = 1; turn < turns; turn++) {
      events = events.union(shape.events(spark, turn));
    }
    String upserts = shape.deletes() == 0 ? "true" : AutoCdcWrite.KIND + " = 1";
    Row wanted =
        events
            .groupBy("id")
            .agg(
                expr("max_by(%s, version)".formatted(upserts)).as("there"),
                expr("count_if(%s)".formatted(upserts)).as("upserts"))
            .selectExpr(
                "count_if(there)",
                "count_if(id < %1$d AND NOT there)".formatted(shape.table()),
                "count_if(id >= %1$d AND there)".formatted(shape.table()),
                "sum(upserts)")
            .head();
    long rows = shape.table() - wanted.getLong(1) + wanted.getLong(2);
    long all = versions ? shape.table() + wanted.getLong(3) : rows;
    if (there.getLong(0) != rows
        || there.getLong(1) != rows
        || there.getLong(2) != wanted.getLong(0)
        || table.count() != all) {
      throw new IllegalStateException(
          "%s has %s of %,d, not %,d rows with %,d written, of %,d"
              .formatted(contender.path(), there, table.count(), rows, wanted.getLong(0), all));
    }
  }

  private static void delete(Path path) throws Exception {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private void print(Map<Shape, Map<MergeWay, List<Cost>>> costs) {
    System.out.println(
        "| keys | events | table | merged by | events/s | p50 s | p99 s | time | bytes written per"
            + " event | files | time at the first table |");
    System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
    costs.forEach(
        (shape, ways) ->
            ways.forEach(
                (way, turns) -> {
                  Shape first =
                      new Shape(shape.keys, shape.batch, firstTable(costs, shape), shape.deletes);
                  List<Cost> there =
                      Objects.requireNonNull(Objects.requireNonNull(costs.get(first)).get(way));
                  List<Cost> documented = ways.get(MergeWay.DOCUMENTED);
                  double median = quantile(turns, 0.5);
                  System.out.printf(
                      "| %s | %,d | %,d | %s | %,.0f | %.2f | %.2f | %s | %,.0f | %.0f | %.2f |%n",
                      shape.keys.name().toLowerCase(Locale.ROOT),
                      shape.batch,
                      shape.table,
                      way.title(),
                      shape.batch / median,
                      median,
                      quantile(turns, 0.99),
                      documented == null
                          ? ""
                          : "%.2f".formatted(median / quantile(documented, 0.5)),
                      turns.stream().mapToLong(Cost::bytes).average().orElse(0) / shape.batch,
                      turns.stream().mapToLong(Cost::files).average().orElse(0),
                      median / quantile(there, 0.5));
                }));
  }

  private static long firstTable(Map<Shape, ?> costs, Shape like) {
    return costs.keySet().stream()
        .filter(shape -> shape.keys == like.keys && shape.batch == like.batch)
        .findFirst()
        .orElse(like)
        .table;
  }

  /** The time that this part of the batches did not exceed. */
  private static double quantile(List<Cost> turns, double part) {
    double[] sorted = turns.stream().mapToDouble(Cost::seconds).sorted().toArray();
    return sorted[(int) Math.ceil(part * sorted.length) - 1];
  }
}
