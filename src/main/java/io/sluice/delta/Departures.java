package io.sluice.delta;

import static io.sluice.delta.ChangeColumns.column;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.lit;

import io.sluice.FaultPoint;
import io.sluice.SluiceException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.IntStream;
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
 * What a table's commits remember of deleted rows that may come again under other keys.
 *
 * <p>What such a row was before the batch that deletes it is in the version of the table before,
 * and is read when it is needed, which is seldom. What the batch has made of it lies where Delta
 * leaves what it deletes: in a file of the table's directory that no version of the table refers
 * to, and that {@code VACUUM} removes when its time has come. The commit says which. So it is there
 * with the commit or not at all, and what names a person stays out of the table's log.
 *
 * <p>The last batches with deletes are remembered, as a connector may go back between the two
 * messages of a change, so that others follow on the first.
 */
final class Departures {

  /** A column of the rows: their topic. */
  static final String TOPIC = "__sluice_topic";

  /** A column of the rows: the place of their change in the database's log. */
  static final String AT = "__sluice_change";

  /** A column of the rows: what is later is greater; negative. */
  static final String AGE = "__sluice_age";

  private static final int REMEMBERED = 8;
  private static final int DEPTH = 50;
  private static final String FILE = "sluice-departed-%s.parquet";
  private static final Logger LOG = LoggerFactory.getLogger(Departures.class);

  private final KeyedTable table;
  private @Nullable List<Departed> newest;

  Departures(KeyedTable table) {
    this.table = table;
  }

  /** What the newest commit of a job remembers; read from the table's log unless it is known. */
  List<Departed> of(SparkSession spark, String job) {
    List<Departed> known = newest;
    // A batch that fails may be in the table.
    newest = null;
    return known != null
        ? known
        : new CommitLedger(spark, table.target())
            .newest(job)
            .map(CommitLedger.Newest::range)
            .map(CommitRange::departed)
            .orElse(List.of());
  }

  /** Takes note of a commit that remembers these. */
  void committed(CommitResult commit, List<Departed> remembered) {
    newest = commit.replayed() ? null : remembered;
  }

  /** What a commit remembers that has a new one. */
  static List<Departed> after(List<Departed> before, Departed added) {
    return Stream.concat(Stream.of(added), before.stream()).limit(REMEMBERED).toList();
  }

  /**
   * The rows of some changes: the table's keys and values, null where they are not known, {@link
   * #TOPIC}, {@link #AT} and {@link #AGE}; a key may have several. Empty if there are none. Runs
   * queries.
   *
   * @param remembered where to look
   * @param places the {@link #TOPIC} and the {@link #AT} of the changes
   */
  Optional<Dataset<Row>> rows(SparkSession spark, List<Departed> remembered, Dataset<Row> places)
      throws Exception {
    Optional<Dataset<Row>> found =
        IntStream.range(0, remembered.size())
            .filter(i -> isThere(spark, remembered.get(i)))
            .mapToObj(i -> file(spark, remembered.get(i)).withColumn(AGE, lit(age(i))))
            .reduce(Dataset::unionAll)
            .map(rows -> among(rows, places).localCheckpoint())
            .filter(rows -> !rows.isEmpty());
    if (found.isEmpty() || table.columns().keepsVersions()) {
      return found;
    }
    Dataset<Row> rows = found.get();
    for (Row age : rows.select(AGE).distinct().collectAsList()) {
      Departed one = remembered.get(index(age.getInt(0)));
      Dataset<Row> these = found.get().where(column(AGE).equalTo(age.getInt(0)));
      rows = rows.unionByName(before(spark, one, these));
    }
    return Optional.of(rows);
  }

  /** The rows of the places, of which there may be as many as a batch has events. */
  private static Dataset<Row> among(Dataset<Row> rows, Dataset<Row> places) {
    String[] place = {TOPIC, AT};
    Dataset<Row> found =
        places.join(broadcast(rows.select(TOPIC, AT).distinct()), place, "left_semi").distinct();
    return rows.join(broadcast(found), place, "left_semi");
  }

  /** What is in a file is later than the version before it, and that than an older file. */
  private static int age(int index) {
    return -2 * index - 1;
  }

  private static int index(int age) {
    return (-1 - age) / 2;
  }

  private Dataset<Row> file(SparkSession spark, Departed departed) {
    List<StructField> fields = new ArrayList<>(stored());
    fields.add(DataTypes.createStructField(TOPIC, DataTypes.StringType, true));
    fields.add(DataTypes.createStructField(AT, DataTypes.StringType, true));
    Dataset<Row> rows = spark.read().parquet(path(departed.file()).toString());
    return KeyedTable.conformed(rows, rows.schema(), fields);
  }

  private List<StructField> stored() {
    List<StructField> stored = new ArrayList<>(table.columns().keys());
    stored.addAll(table.columns().values());
    return stored;
  }

  /** What rows were before the batch that has deleted them; none if that is gone. */
  private Dataset<Row> before(SparkSession spark, Departed departed, Dataset<Row> rows)
      throws Exception {
    List<Column> places = new ArrayList<>(List.of(table.columns().keyColumns()));
    places.add(column(TOPIC));
    places.add(column(AT));
    places.add(column(AGE).minus(1).as(AGE));
    String[] keys = table.columns().keyNames();
    try {
      Dataset<Row> then = table.target().rows(spark, departed.version());
      return KeyedTable.conformed(then, then.schema(), stored())
          .join(rows.select(places.toArray(Column[]::new)).distinct(), keys)
          .localCheckpoint();
    } catch (Exception e) {
      // Spark throws checked exceptions that its methods do not declare.
      if (!isVacuumed(e)) {
        throw e;
      }
      LOG.warn(
          "VACUUM has removed the version {} of the table {}, which says what a row was whose key"
              + " has changed: what the change has not touched is null",
          departed.version(),
          table.target().name());
      return rows.limit(0);
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

  private boolean isThere(SparkSession spark, Departed departed) {
    Path path = path(departed.file());
    try {
      return store(spark, path).exists(path);
    } catch (IOException e) {
      throw StorageFailure.unreachable(table.target().name(), e);
    }
  }

  private Path path(String file) {
    return new Path(table.target().location(), file);
  }
}
