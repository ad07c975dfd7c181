package io.sluice.storage;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import scala.Option;

/**
 * Tables and checkpoints on S3: the settings that let many processes write there, and whether they
 * hold.
 *
 * <p>A store or a setting that lets one writer overwrite another's commit loses rows without a
 * word; so a job starts only when a conditional write was seen to be refused.
 */
public final class S3Lake {

  private static final String SCHEME = "s3a";
  private static final Set<String> OTHER_NAMES = Set.of("s3", "s3n");
  private static final String STORE_OF_SCHEME = "delta.logStore.s3a.impl";
  private static final String STORE_OF_ALL = "delta.logStore.class";
  private static final String CHECKPOINT_FILES = "spark.sql.streaming.checkpointFileManagerClass";

  private S3Lake() {}

  /** What a Spark is to be started with, unless its settings name a log store already. */
  public static Map<String, String> settings(SparkConf configured) {
    return logStore(configured).isPresent()
        ? Map.of()
        : Map.of("spark." + STORE_OF_SCHEME, S3ConditionalLogStore.class.getName());
  }

  /** Whether a file lies on S3. */
  static boolean holds(Path file, Configuration hadoop) {
    return SCHEME.equals(scheme(file, hadoop));
  }

  /**
   * Makes a job's session ready for its table and its checkpoint, as far as they lie on S3.
   *
   * @param table the table's directory, or that of the tables of its catalog
   * @param checkpoint the checkpoint's directory, which gets a small file, {@value
   *     ConditionalProbe#FILE}; with a table in another bucket, the directory {@code _sluice}
   *     beside the table gets one, too
   * @throws SluiceException UNSAFE_STORAGE if one writer could overwrite what another has
   *     committed, STORAGE_FAILED if the client of S3 is missing
   * @throws IOException if the store does not answer, or does not let the probe be written
   */
  public static void prepare(SparkSession session, String table, String checkpoint)
      throws IOException {
    Configuration hadoop = session.sparkContext().hadoopConfiguration();
    Path tablePath = new Path(table);
    Path checkpointPath = new Path(checkpoint);
    refuseOtherNames(checkpointPath, hadoop);
    checkTable(session, table);
    if (holds(checkpointPath, hadoop)) {
      useCheckpointFiles(session, checkpointPath);
      probe(checkpointPath, hadoop);
    }
    boolean tried = holds(checkpointPath, hadoop) && isSameBucket(tablePath, checkpointPath);
    if (holds(tablePath, hadoop) && !tried) {
      Path parent = tablePath.getParent();
      probe(new Path(parent == null ? tablePath : parent, "_sluice"), hadoop);
    }
  }

  /**
   * Refuses a table on S3 whose commits this Spark would not write conditionally.
   *
   * @param table the table's directory
   * @throws SluiceException UNSAFE_STORAGE
   */
  public static void checkTable(SparkSession session, String table) {
    Configuration hadoop = session.sparkContext().hadoopConfiguration();
    Path path = new Path(table);
    refuseOtherNames(path, hadoop);
    if (holds(path, hadoop)) {
      checkLogStore(session.sparkContext().getConf(), path);
    }
  }

  private static void refuseOtherNames(Path place, Configuration hadoop) {
    String scheme = scheme(place, hadoop);
    if (OTHER_NAMES.contains(scheme)) {
      throw unsafe(
          place,
          "what " + scheme + ":// is differs from platform to platform",
          "Name it s3a:// in the job.");
    }
  }

  static void checkLogStore(SparkConf configured, Path table) {
    Optional<String> store = logStore(configured);
    if (store.isEmpty() || !isOfHere(store.get())) {
      throw unsafe(
          table,
          store
              .map("Delta's log store there is set to "::concat)
              .orElse("Delta's own log store lets processes overwrite each other's commits there"),
          "Set spark.%s to %s, and no other log store."
              .formatted(STORE_OF_SCHEME, S3ConditionalLogStore.class.getName()));
    }
  }

  private static Optional<String> logStore(SparkConf configured) {
    return Stream.of(STORE_OF_ALL, STORE_OF_SCHEME)
        .flatMap(key -> Stream.of(key, "spark." + key))
        .map(key -> configured.get(key, ""))
        .filter(name -> !name.isEmpty())
        .findFirst();
  }

  private static boolean isOfHere(String logStore) {
    try {
      Class<?> named =
          Class.forName(logStore, false, Thread.currentThread().getContextClassLoader());
      return S3ConditionalLogStore.class.isAssignableFrom(named);
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static void useCheckpointFiles(SparkSession session, Path checkpoint) {
    String ours = S3CheckpointFiles.class.getName();
    Option<String> configured = session.conf().getOption(CHECKPOINT_FILES);
    if (configured.isDefined() && !configured.get().equals(ours)) {
      throw unsafe(
          checkpoint,
          "%s is set to %s".formatted(CHECKPOINT_FILES, configured.get()),
          "Leave the setting out; Sluice sets it to " + ours + ".");
    }
    session.conf().set(CHECKPOINT_FILES, ours);
  }

  private static void probe(Path directory, Configuration hadoop) throws IOException {
    ConditionalProbe.of(open(directory, hadoop), directory);
  }

  /** Before anything here needs a class of the client of S3, which a Spark may lack. */
  private static FileSystem open(Path directory, Configuration hadoop) throws IOException {
    try {
      return directory.getFileSystem(hadoop);
    } catch (RuntimeException | NoClassDefFoundError e) {
      for (@Nullable Throwable t = e; t != null; t = t.getCause()) {
        if (t instanceof ClassNotFoundException) {
          throw new SluiceException(
              Condition.STORAGE_FAILED,
              "Cannot open %s: Spark has no client for S3 here, %s is missing. Start it with --packages org.apache.hadoop:hadoop-aws:%s, or put that with its dependencies among Spark's jars."
                  .formatted(
                      directory, t.getMessage(), org.apache.hadoop.util.VersionInfo.getVersion()),
              e);
        }
      }
      throw e;
    }
  }

  private static boolean isSameBucket(Path one, Path other) {
    return String.valueOf(one.toUri().getAuthority())
        .equals(String.valueOf(other.toUri().getAuthority()));
  }

  private static String scheme(Path file, Configuration hadoop) {
    String own = file.toUri().getScheme();
    return own == null ? String.valueOf(FileSystem.getDefaultUri(hadoop).getScheme()) : own;
  }

  /** The refusal to write at a place. */
  static SluiceException unsafe(Path place, String reason, String wayOut) {
    return new SluiceException(
        Condition.UNSAFE_STORAGE,
        "Cannot write %s so that no writer can overwrite another's work: %s. %s"
            .formatted(place, reason, wayOut));
  }
}
