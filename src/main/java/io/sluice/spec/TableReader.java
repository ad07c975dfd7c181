package io.sluice.spec;

/** An engine that reads a job's table. */
public enum TableReader {
  /** Spark with Delta 4. */
  SPARK("spark", true),
  /** Trino 476. */
  TRINO("trino", false),
  /** Amazon Athena, engine version 3. */
  ATHENA("athena", false),
  /** DuckDB with its delta extension. */
  DUCKDB("duckdb", false),
  /** The deltalake package for Python and Rust. */
  DELTA_RS("delta_rs", false);

  private final String word;
  private final boolean readsWidenedTypes;

  TableReader(String word, boolean readsWidenedTypes) {
    this.word = word;
    this.readsWidenedTypes = readsWidenedTypes;
  }

  /** The engine as a job file names it. */
  public String word() {
    return word;
  }

  /** Whether it is known to read a table whose column types were widened in place. */
  public boolean readsWidenedTypes() {
    return readsWidenedTypes;
  }
}
