package io.sluice.spec;

/** How the payload of a message becomes columns. */
public enum PayloadFormat {
  /** By the schema that the topic has in Pulsar's registry. */
  REGISTRY,
  /** As a JSON object with the columns that the job names. */
  JSON,
  /** As one string column {@code value}, UTF-8. */
  TEXT,
  /** As one binary column {@code value}. */
  BYTES,
  /** As the changes of a database's rows that Debezium has captured. */
  DEBEZIUM,
  /** As the changes of a database's rows that Canal has captured. */
  CANAL,
  /** As the changes of a database's rows that Maxwell has captured. */
  MAXWELL;

  /** Whether messages are changes of rows, whose columns the messages themselves tell. */
  public boolean isChanges() {
    return this == DEBEZIUM || this == CANAL || this == MAXWELL;
  }
}
