package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.lit;

import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.VersionNotFoundException;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a table's commits remember of rows that may come again under another key.
 *
 * <p>What such a row was before the batch that deletes it is in the version of the table before,
 * and is read when it is needed, which is seldom. What the batch has made of it lies where Delta
 * leaves what it deletes: in a file of the table's directory that no version of the table refers
 * to, and that {@code VACUUM} removes when its time has come. The commit says which. So it is there
 * with the commit or not at all, and what names a person stays out of the table's log.
 *
 * <p>One is remembered for each partition, until there is a next.
 */
final class Departures {

  /** A column of the rows: their topic. */
  static final String TOPIC = "__sluice_topic";

  /** A column of the rows: the place of their change in the database's log. */
  static final String AT = "__sluice_change";

  /** A column of the rows: what is later is greater. */
  static final String AGE = "__sluice_age";

  private static final Logger LOG = LoggerFactory.getLogger(Departures.class);
  private static final int DEPTH = 50;
  private static final String FILE = "sluice-departed-%s.parquet";

  private final KeyedTable table;
  private @Nullable List<Departure> newest;

  Departures(KeyedTable table) {
    this.table = table;
  }

  /** What the newest commit of a job remembers; read from the table's log unless it is known. */
  List<Departure> of(SparkSession spark, String job) {
    List<Departure> known = newest;
    // A batch that fails may be in the table.
    newest = null;
    return known != null
        ? known
        : new CommitLedger(spark, table.target())
            .newest(job)
            .map(CommitLedger.Newest::range)
            .map(CommitRange::departures)
            .orElse(List.of());
  }

  /** Takes note of a commit that remembers these. */
  void committed(CommitResult commit, List<Departure> departures) {
    newest = commit.replayed() ? null : departures;
  }

  /**
   * The rows of some: the table's keys and values, null where they are not known, {@link #TOPIC},
   * {@link #AT} and {@link #AGE}. Empty if there are none. Runs queries.
   */
  Optional<Dataset<Row>> rows(SparkSession spark, Collection<Departure> departures) {
    return departures.stream().collect(Collectors.groupingBy(Departure::rows)).values().stream()
        .filter(together -> isThere(spark, together.get(0)))
        .map(together -> ofOneBatch(spark, together))
        .reduce(Dataset::unionAll);
  }

  private Dataset<Row> ofOneBatch(SparkSession spark, List<Departure> departures) {
    List<StructField> stored = new ArrayList<>(table.columns().keys());
    stored.addAll(table.columns().values());
    List<StructField> fields = new ArrayList<>(stored);
    fields.add(DataTypes.createStructField(TOPIC, DataTypes.StringType, true));
    fields.add(DataTypes.createStructField(AT, DataTypes.StringType, true));
    Dataset<Row> file = spark.read().parquet(path(departures.get(0).rows()).toString());
    Dataset<Row> batch =
        KeyedTable.conformed(file, file.schema(), fields)
            .where(isOf(departures, column(TOPIC), column(AT)))
            .localCheckpoint();
    Dataset<Row> rows = batch.withColumn(AGE, lit(1));
    if (table.columns().keepsVersions()) {
      return rows;
    }
    List<Column> place = new ArrayList<>(List.of(table.columns().keyColumns()));
    place.add(column(TOPIC));
    place.add(column(AT));
    String[] keys = table.columns().keys().stream().map(StructField::name).toArray(String[]::new);
    long version = departures.get(0).version();
    try {
      Dataset<Row> then =
          spark
              .read()
              .format("delta")
              .option("versionAsOf", version)
              .load(table.target().location());
      return KeyedTable.conformed(then, then.schema(), stored)
          .join(batch.select(place.toArray(Column[]::new)), keys)
          .withColumn(AGE, lit(0))
          .localCheckpoint()
          .unionByName(rows);
    } catch (Exception e) {
      // Spark throws checked exceptions that its methods do not declare.
      if (!isVacuumed(e)) {
        throw e;
      }
      warn("the version " + version);
      return rows;
    }
  }

  private static boolean isVacuumed(Throwable failure) {
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < DEPTH; t = t.getCause(), depth++) {
      if (t instanceof FileNotFoundException || t instanceof VersionNotFoundException) {
        return true;
      }
    }
    return false;
  }

  private void warn(String missing) {
    LOG.warn(
        "VACUUM has removed {} of the table {}, which says what a row was whose key has changed:"
            + " what the change has not touched is null",
        missing,
        table.target().name());
  }

  /** Whether an event or a row is of the change of one of these. */
  static Column isOf(Collection<Departure> departures, Column topic, Column change) {
    return departures.stream()
        .map(one -> topic.equalTo(lit(one.topic())).and(change.equalTo(lit(one.change()))))
        .reduce(Column::or)
        .orElse(lit(false));
  }

  /**
   * Writes what a batch makes of rows, which its commit is to remember.
   *
   * @param rows the table's keys and values, null where the batch does not know them, {@link
   *     #TOPIC} and {@link #AT}
   * @return the name of the file
   * @throws SluiceException STORAGE_FAILED
   */
  String keep(Dataset<Row> rows) {
    String file = FILE.formatted(UUID.randomUUID());
    try {
      write(rows.coalesce(1), path(file));
    } catch (IOException e) {
      throw StorageFailure.unreachable(table.target().name(), e);
    } catch (RuntimeException e) {
      throw StorageFailure.find(e, "the table " + table.target().name())
          .map(RuntimeException.class::cast)
          .orElse(e);
    }
    FaultPoint.hit("delta.after-departures");
    return file;
  }

  /** What a commit remembers: those of before, but for the partitions that have new ones. */
  static List<Departure> after(List<Departure> before, List<Departure> added) {
    return Stream.concat(
            added.stream(),
            before.stream().filter(old -> added.stream().noneMatch(old::samePartition)))
        .toList();
  }

  /** Writes one file, where Spark writes a directory with marks that VACUUM would leave. */
  private static void write(Dataset<Row> rows, Path file) throws IOException {
    FileSystem store = store(rows.sparkSession(), file);
    Path directory = file.suffix(".parts");
    rows.write().parquet(directory.toString());
    for (FileStatus part : store.globStatus(new Path(directory, "part-*"))) {
      if (!store.rename(part.getPath(), file)) {
        throw new IOException("cannot rename " + part.getPath());
      }
    }
    store.delete(directory, true);
  }

  private static FileSystem store(SparkSession spark, Path path) throws IOException {
    return path.getFileSystem(spark.sparkContext().hadoopConfiguration());
  }

  private boolean isThere(SparkSession spark, Departure departure) {
    Path path = path(departure.rows());
    try {
      boolean there = store(spark, path).exists(path);
      if (!there) {
        warn("the file " + departure.rows());
      }
      return there;
    } catch (IOException e) {
      throw StorageFailure.unreachable(table.target().name(), e);
    }
  }

  private Path path(String file) {
    return new Path(table.target().location(), file);
  }
}
