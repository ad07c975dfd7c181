package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The keys of {@code target}; part of {@link JobKeys}. */
final class TargetKeys {

  private static final ScalarType<String> TABLE_NAME =
      Scalars.text(
          "a table",
          null,
          "write a path with a /, or an identifier such as catalog.schema.table",
          TableNames::checked);

  private static final Key<String> TABLE =
      Key.required(
          "table",
          TABLE_NAME,
          "The Delta table: a path (anything with a / or a scheme, such as s3a://lake/orders), or"
              + " an identifier such as catalog.schema.table. It is created on the first run. With"
              + " $1 for a part of the topic's name, every topic has a table of its own.");
  private static final Key<Boolean> APPEND =
      Key.withDefault(
          "append",
          new ScalarType<>(
              "true",
              false,
              "remove it, or write append: true; for changes of rows, give auto_cdc",
              Scalars.orReference(Map.of("const", true)),
              text -> {
                if (!text.equals("true")) {
                  throw new IllegalArgumentException("is not true");
                }
                return true;
              }),
          "true",
          "That every row is added to the table and none is changed, as is so without auto_cdc.");
  private static final Key<AutoCdcSpec> AUTO_CDC =
      Key.optional(
          "auto_cdc",
          AutoCdcKeys.AUTO_CDC,
          "How change events become rows by key, instead of rows of their own.");
  private static final Key<List<String>> PARTITION_BY =
      Key.optional(
          "partition_by",
          ListOf.COLUMNS,
          "The columns that a new table is partitioned by; good ones have few values.");
  private static final Key<List<String>> CLUSTER_BY =
      Key.optional("cluster_by", ListOf.COLUMNS, "The columns that a new table is clustered by.");
  private static final Key<Map<String, String>> PROPERTIES =
      Key.withDefault(
          "properties",
          Scalars.options(),
          "{}",
          "Table properties that a new table gets, such as delta.logRetentionDuration.");

  private static final Key<SchemaEvolution> SCHEMA_EVOLUTION =
      Key.withDefault(
          "schema_evolution",
          Scalars.choice(
              List.of(
                  new Word<>("add_columns", SchemaEvolution.ADD_COLUMNS),
                  new Word<>("widen", SchemaEvolution.WIDEN),
                  new Word<>("rescue", SchemaEvolution.RESCUE),
                  new Word<>("strict", SchemaEvolution.STRICT))),
          "add_columns",
          "What the table does when a topic gets a new schema version: add_columns, new fields"
              + " become columns; widen, and column types grow with their fields; rescue, the table"
              + " stays and what does not fit lands as JSON in _rescued_data; strict, the job stops"
              + " first.");
  private static final Key<List<TableReader>> READERS =
      Key.optional(
          "readers",
          new ListOf<>(
              Scalars.choice(
                  Stream.of(TableReader.values())
                      .map(reader -> new Word<>(reader.word(), reader))
                      .toList()),
              "readers"),
          "The engines that read the table: it gets no feature that one of them cannot read, and one"
              + " that has such a feature already is refused. A new table of changes gets deletion"
              + " vectors if they all read them.");
  private static final Key<String> QUARANTINE =
      Key.optional(
          "quarantine",
          TABLE_NAME,
          "The Delta table of messages that cannot be decoded. Without it, the table's name with"
              + " _quarantine. It is created when the first one comes.");

  /** The block {@code target}. */
  static final Block<TargetSpec> TARGET =
      new Block<>(
          "The Delta table that the job writes.",
          List.of(
              TABLE,
              APPEND,
              AUTO_CDC,
              SCHEMA_EVOLUTION,
              READERS,
              PARTITION_BY,
              CLUSTER_BY,
              PROPERTIES,
              QUARANTINE),
          List.of(
              Rule.notBoth(APPEND, AUTO_CDC),
              Rule.notBoth(PARTITION_BY, CLUSTER_BY),
              new FeaturesNeedReaders(SCHEMA_EVOLUTION, PROPERTIES, READERS)),
          TargetKeys::target);

  private TargetKeys() {}

  private static TargetSpec target(Bound keys) {
    String table = keys.get(TABLE);
    return new TargetSpec(
        table,
        TableNames.isPath(table),
        Objects.requireNonNullElse(keys.find(PARTITION_BY), List.of()),
        Objects.requireNonNullElse(keys.find(CLUSTER_BY), List.of()),
        keys.get(PROPERTIES),
        keys.get(SCHEMA_EVOLUTION),
        Objects.requireNonNullElse(
            keys.find(QUARANTINE), TableNames.beside(table, TableNames.QUARANTINE)),
        keys.find(AUTO_CDC),
        keys.isGiven(APPEND),
        Objects.requireNonNullElse(keys.find(READERS), List.of()));
  }
}
