package io.sluice.change;

/** How a tool writes the changes of a database into messages. */
public enum ChangeFormat {
  /**
   * Debezium: the envelope or the flattened row, in JSON with or without the schema, or by the
   * topic's registered schema of key and value.
   */
  DEBEZIUM,
  /** Canal's flat messages, in JSON. */
  CANAL,
  /** Maxwell's messages, in JSON. */
  MAXWELL
}
