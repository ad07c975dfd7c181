package io.sluice.spec;

/** What a table does when the schema of its topics changes. */
public enum SchemaEvolution {
  /** New fields become columns; a column keeps its type. */
  ADD_COLUMNS,
  /** New fields become columns, and a column's type grows with its field's where Delta can. */
  WIDEN,
  /** The table keeps its columns; what they cannot hold lands in {@code _rescued_data}. */
  RESCUE,
  /** The job stops before the first message of another shape. */
  STRICT
}
