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

  /** A column of the rows: their partition. */
  static final String PARTITION = "__sluice_partition";

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
    return departures.stream()
        .filter(departure -> isThere(spark, departure))
        .map(departure -> row(spark, departure))
        .reduce(Dataset::unionAll);
  }

  private Dataset<Row> row(SparkSession spark, Departure departure) {
    List<StructField> stored = new ArrayList<>(table.columns().keys());
    stored.addAll(table.columns().values());
    List<StructField> fields = new ArrayList<>(stored);
    fields.add(DataTypes.createStructField(TOPIC, DataTypes.StringType, true));
    fields.add(DataTypes.createStructField(AT, DataTypes.StringType, true));
    Dataset<Row> file = spark.read().parquet(path(departure.rows()).toString());
    Dataset<Row> batch =
        KeyedTable.conformed(file, file.schema(), fields)
            .where(is(departure, column(TOPIC), column(AT)))
            .localCheckpoint();
    Dataset<Row> rows = batch.withColumn(AGE, lit(1));
    if (table.columns().keepsVersions()) {
      return rows;
    }
    String[] keys = table.columns().keys().stream().map(StructField::name).toArray(String[]::new);
    try {
      Dataset<Row> then =
          spark
              .read()
              .format("delta")
              .option("versionAsOf", departure.version())
              .load(table.target().location());
      return KeyedTable.conformed(then, then.schema(), stored)
          .join(
              batch
                  .select(table.columns().keyColumns())
                  .withColumn(TOPIC, lit(departure.topic()))
                  .withColumn(AT, lit(departure.change())),
              keys)
          .withColumn(AGE, lit(0))
          .localCheckpoint()
          .unionByName(rows);
    } catch (Exception e) {
      // Spark throws checked exceptions that its methods do not declare.
      if (!isVacuumed(e)) {
        throw e;
      }
      warn("the version " + departure.version());
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

  /** Whether an event or a row is of the change of a departure. */
  static Column is(Departure departure, Column topic, Column change) {
    return topic.equalTo(lit(departure.topic())).and(change.equalTo(lit(departure.change())));
  }

  /**
   * Writes what a batch makes of rows, which its commit is to remember.
   *
   * @param before what the last commit remembers
   * @param rows the table's keys and values, null where the batch does not know them, {@link
   *     #TOPIC}, {@link #PARTITION} and {@link #AT}; at most one for each partition, as they are
   *     collected
   * @return what the commit is to remember
   * @throws SluiceException STORAGE_FAILED
   */
  List<Departure> keep(List<Departure> before, Dataset<Row> rows) {
    long version = table.target().version(rows.sparkSession());
    List<Row> found = rows.collectAsList();
    String file = FILE.formatted(UUID.randomUUID());
    Dataset<Row> one = rows.sparkSession().createDataFrame(found, rows.schema()).coalesce(1);
    try {
      write(one, path(file));
    } catch (IOException e) {
      throw StorageFailure.unreachable(table.target().name(), e);
    } catch (RuntimeException e) {
      throw StorageFailure.find(e, "the table " + table.target().name())
          .map(RuntimeException.class::cast)
          .orElse(e);
    }
    FaultPoint.hit("delta.after-departures");
    List<Departure> kept = new ArrayList<>();
    for (Row row : found) {
      kept.add(
          new Departure(
              row.getAs(TOPIC), row.<Integer>getAs(PARTITION), row.getAs(AT), file, version));
    }
    before.stream()
        .filter(old -> kept.stream().noneMatch(old::samePartition))
        .toList()
        .forEach(kept::add);
    return List.copyOf(kept);
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
