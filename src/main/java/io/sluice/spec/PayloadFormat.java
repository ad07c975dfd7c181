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
  BYTES
}
