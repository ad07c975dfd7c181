package io.sluice.spec;

import java.util.regex.Pattern;

/** The two ways to name a table: by its path, or by its identifier in a catalog. */
final class TableNames {

  /** What the name of a table's undecodable messages ends with. */
  static final String QUARANTINE = "_quarantine";

  private static final Pattern IDENTIFIER =
      Pattern.compile("(\\w|\\$[1-9])+(\\.(\\w|\\$[1-9])+){0,2}");
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.+");

  private TableNames() {}

  /** Whether a name is a path rather than an identifier. */
  static boolean isPath(String table) {
    return table.contains("/") || SCHEME.matcher(table).matches();
  }

  /** A table that belongs to a table, beside it. */
  static String beside(String table, String suffix) {
    String plain = table.replaceFirst("/+$", "");
    return (plain.isEmpty() ? table : plain) + suffix;
  }

  /**
   * The name, when it can be one.
   *
   * @throws IllegalArgumentException as {@link ScalarType.Parser} says
   */
  static String checked(String table) {
    if (table.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("holds a control character");
    }
    if (!isPath(table) && !IDENTIFIER.matcher(table).matches()) {
      throw new IllegalArgumentException("is neither a path nor an identifier");
    }
    return table;
  }
}
