package io.sluice.spec;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** An engine that reads a job's table, and which features of Delta it reads. */
public enum TableReader {
  /** Spark with Delta, the version that Sluice writes with. */
  SPARK(
      "spark",
      "Spark 4.1 with Delta 4.4",
      Map.of(
          TableFeature.DELETION_VECTORS, Reading.yes(Source.OWN),
          TableFeature.COLUMN_MAPPING, Reading.yes(Source.OWN),
          TableFeature.TYPE_WIDENING, Reading.yes(Source.OWN),
          TableFeature.V2_CHECKPOINT, Reading.yes(Source.OWN),
          TableFeature.TIMESTAMP_NTZ, Reading.yes(Source.OWN),
          TableFeature.VARIANT, Reading.yes(Source.OWN))),
  /** Trino. */
  TRINO(
      "trino",
      "Trino 476",
      Map.of(
          TableFeature.DELETION_VECTORS, Reading.yes(Source.TRINO_RUN),
          TableFeature.COLUMN_MAPPING, Reading.yes(Source.TRINO_RUN),
          TableFeature.TYPE_WIDENING, Reading.no(Source.TRINO_NO_COLUMNS),
          TableFeature.V2_CHECKPOINT, Reading.yes(Source.TRINO_RUN),
          TableFeature.TIMESTAMP_NTZ, Reading.yes(Source.TRINO_RUN),
          TableFeature.VARIANT, Reading.no(Source.TRINO_PARQUET))),
  /** Amazon Athena. */
  ATHENA(
      "athena",
      "Athena, engine version 3",
      Map.of(
          TableFeature.DELETION_VECTORS, Reading.no(Source.ATHENA_SILENT),
          TableFeature.COLUMN_MAPPING, Reading.yes(Source.ATHENA_DOCS),
          TableFeature.TYPE_WIDENING, Reading.no(Source.ATHENA_SILENT),
          TableFeature.V2_CHECKPOINT, Reading.no(Source.ATHENA_SILENT),
          TableFeature.TIMESTAMP_NTZ, Reading.yes(Source.ATHENA_DOCS),
          TableFeature.VARIANT, Reading.no(Source.ATHENA_SILENT))),
  /** DuckDB with its delta extension. */
  DUCKDB(
      "duckdb",
      "DuckDB 1.5.5, extension delta",
      Map.of(
          TableFeature.DELETION_VECTORS, Reading.yes(Source.DUCKDB_RUN),
          TableFeature.COLUMN_MAPPING, Reading.yes(Source.DUCKDB_RUN),
          TableFeature.TYPE_WIDENING, Reading.yes(Source.DUCKDB_RUN),
          TableFeature.V2_CHECKPOINT, Reading.yes(Source.DUCKDB_RUN),
          TableFeature.TIMESTAMP_NTZ, Reading.yes(Source.DUCKDB_RUN),
          TableFeature.VARIANT, Reading.yes(Source.DUCKDB_RUN))),
  /** The deltalake package for Python and Rust. */
  DELTA_RS(
      "delta_rs",
      "deltalake 1.6.6",
      Map.of(
          TableFeature.DELETION_VECTORS, Reading.partly(Source.DELTA_RS_QUERIES),
          TableFeature.COLUMN_MAPPING, Reading.partly(Source.DELTA_RS_QUERIES),
          TableFeature.TYPE_WIDENING, Reading.no(Source.DELTA_RS_REFUSES),
          TableFeature.V2_CHECKPOINT, Reading.yes(Source.DELTA_RS_RUN),
          TableFeature.TIMESTAMP_NTZ, Reading.yes(Source.DELTA_RS_RUN),
          TableFeature.VARIANT, Reading.no(Source.DELTA_RS_BYTES)));

  /** How well an engine reads a feature. */
  public enum Extent {
    /** In every way. */
    YES("yes"),
    /** In some ways, so that a table gets the feature only if the job asks for it. */
    PARTLY("partly"),
    /** Not, or not known. */
    NO("no");

    private final String word;

    Extent(String word) {
      this.word = word;
    }

    /** The extent as tables show it. */
    public String word() {
      return word;
    }
  }

  /**
   * How an engine reads a feature.
   *
   * @param extent how well
   * @param source who says so, and since when it is known
   */
  public record Reading(Extent extent, String source) {

    /** Whether it was seen; else it is what the engine's makers promise, or do not. */
    public boolean isTried() {
      return !source.endsWith(Source.NOT_TRIED);
    }

    private static Reading yes(String source) {
      return new Reading(Extent.YES, source);
    }

    private static Reading partly(String source) {
      return new Reading(Extent.PARTLY, source);
    }

    private static Reading no(String source) {
      return new Reading(Extent.NO, source);
    }
  }

  /** Who says what engines read. */
  private static final class Source {
    static final String NOT_TRIED = "not tried";
    static final String OWN = "what Sluice writes with";
    static final String TRINO_RUN = "tried with Trino 476, November 2026";
    static final String TRINO_NO_COLUMNS =
        "tried with Trino 476, November 2026: shows no column whose type has grown";
    static final String TRINO_PARQUET =
        "tried with Trino 476, November 2026: its Parquet reader fails";
    static final String ATHENA_DOCS =
        "the Athena user guide, `delta-lake-tables`, 2026; " + NOT_TRIED;
    static final String ATHENA_SILENT =
        "the Athena user guide, 2026, does not promise it; " + NOT_TRIED;
    static final String DUCKDB_RUN = "tried with DuckDB 1.5.5, November 2026";
    static final String DELTA_RS_RUN = "tried with deltalake 1.6.6, November 2026";
    static final String DELTA_RS_QUERIES =
        "tried with deltalake 1.6.6, November 2026: by `QueryBuilder`; `to_pandas` and `to_pyarrow_table` refuse, says delta-rs of August 2026";
    static final String DELTA_RS_BYTES =
        "tried with deltalake 1.6.6, November 2026: shows the bytes of its parts";
    static final String DELTA_RS_REFUSES =
        "tried with deltalake 1.6.6, November 2026: refuses the table";
  }

  private final String word;
  private final String title;
  private final Map<TableFeature, Reading> readings;

  TableReader(String word, String title, Map<TableFeature, Reading> readings) {
    this.word = word;
    this.title = title;
    this.readings = Collections.unmodifiableMap(new EnumMap<>(readings));
  }

  /** The engine as a job file names it. */
  public String word() {
    return word;
  }

  /** The engine and the version of which this holds. */
  public String title() {
    return title;
  }

  /** How it reads a feature. */
  public Reading reading(TableFeature feature) {
    return Objects.requireNonNull(readings.get(feature));
  }

  /** Whether it reads tables with a feature in one way at least. */
  public boolean reads(TableFeature feature) {
    return reading(feature).extent() != Extent.NO;
  }

  /** Those of some engines that do not read a feature, as a job file names them. */
  public static List<String> without(TableFeature feature, List<TableReader> readers) {
    return readers.stream()
        .filter(reader -> !reader.reads(feature))
        .map(TableReader::word)
        .toList();
  }
}
