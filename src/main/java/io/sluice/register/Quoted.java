package io.sluice.register;

/** Names and texts as SQL writes them, whatever characters they have. */
final class Quoted {

  private Quoted() {}

  /** A name of standard SQL: Trino, DuckDB. */
  static String name(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A text of standard SQL: Trino, DuckDB. */
  static String text(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  /** A name of Hive's SQL: Athena's statements, Spark. */
  static String hiveName(String name) {
    return '`' + name.replace("`", "``") + '`';
  }

  /** A text of Hive's SQL, where a backslash begins an escape. */
  static String hiveText(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
