package io.sluice.spec;

import java.util.List;

/**
 * Some columns of a table, by name whatever the case.
 *
 * @param names the columns that are named
 * @param except whether all but those are meant
 */
public record ColumnSelection(List<String> names, boolean except) {

  /** Keeps its own copy of the names. */
  public ColumnSelection {
    names = List.copyOf(names);
  }

  /** Every column. */
  public static ColumnSelection all() {
    return new ColumnSelection(List.of(), true);
  }

  /** No column. */
  public static ColumnSelection none() {
    return new ColumnSelection(List.of(), false);
  }

  /** The named columns. */
  public static ColumnSelection only(List<String> names) {
    return new ColumnSelection(names, false);
  }

  /** All but the named columns. */
  public static ColumnSelection allBut(List<String> names) {
    return new ColumnSelection(names, true);
  }

  /** Whether a column is among them. */
  public boolean has(String column) {
    return names.stream().anyMatch(column::equalsIgnoreCase) != except;
  }

  /** Whether no column can be among them. */
  public boolean isNone() {
    return names.isEmpty() && !except;
  }
}
