package io.sluice.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The keys of {@code target.auto_cdc}; part of {@link JobKeys}. */
final class AutoCdcKeys {

  private static final Key<List<String>> KEYS =
      Key.optional(
          "keys",
          ListOf.COLUMNS,
          "The columns that say which row an event is about. They stay the same for the table's"
              + " life; an event with a null in one of them is a bad record. Needed unless"
              + " source.format is that of a database's changes, which name their keys.");
  private static final Key<List<String>> SEQUENCE_BY =
      Key.optional(
          "sequence_by",
          ListOf.COLUMNS,
          "The columns that order the events of a key, compared left to right; an event with a null"
              + " in one of them is a bad record. Without it, the order of the topic's partition.");
  private static final Key<String> APPLY_AS_DELETES =
      Key.optional(
          "apply_as_deletes",
          Scalars.text(),
          "The condition, in Spark SQL, of an event that deletes its row: op = 'd'. Without it,"
              + " _op = 'd' where the format is one of changes, else none does; a condition of"
              + " your own replaces that.");
  private static final Key<String> APPLY_AS_TRUNCATES =
      Key.optional(
          "apply_as_truncates",
          Scalars.text(),
          "The condition, in Spark SQL, of an event that empties the table; with"
              + " stored_as_scd_type: 2 it ends every version. Without it, _op = 't' where the"
              + " format is one of changes, else none does; with \"false\" an event without a"
              + " key goes to the quarantine table.");
  private static final Key<ColumnSelection> IGNORE_NULL_UPDATES =
      Key.withDefault(
          "ignore_null_updates",
          new ColumnSelectionType(ListOf.COLUMNS),
          "false",
          "The columns in which a null means that the event does not write them: true for all, a"
              + " list, or {except: [...]}. Structs among them are written field by field. In the"
              + " others a null is a value.");
  private static final Key<List<String>> COLUMNS =
      Key.optional(
          "columns",
          ListOf.COLUMNS,
          "The columns that are stored. Without it, all of the events'.");
  private static final Key<List<String>> EXCEPT_COLUMNS =
      Key.optional(
          "except_columns",
          ListOf.COLUMNS,
          "The columns that are not stored; conditions and sequence may use them all the same.");
  private static final Key<ScdType> STORED_AS_SCD_TYPE =
      Key.withDefault(
          "stored_as_scd_type",
          new ScalarType<>(
              "1 or 2",
              false,
              "write 1 for the newest state of each key, 2 for all its versions",
              Scalars.orReference(Map.of("enum", List.of(1, 2))),
              text ->
                  switch (text) {
                    case "1" -> ScdType.ONE;
                    case "2" -> ScdType.TWO;
                    default -> throw new IllegalArgumentException("is neither 1 nor 2");
                  }),
          "1",
          "1, one row per key with its newest state; 2, one row per version, with __START_AT and"
              + " __END_AT.");
  private static final Key<List<String>> TRACK_HISTORY_COLUMNS =
      Key.optional(
          "track_history_columns",
          ListOf.COLUMNS,
          "The columns whose changes open a version; a change of the others alters the newest"
              + " version in place. Without it, all.");
  private static final Key<List<String>> TRACK_HISTORY_EXCEPT_COLUMNS =
      Key.optional(
          "track_history_except_columns",
          ListOf.COLUMNS,
          "The columns whose changes open no version.");

  private static final Key<Duration> TOMBSTONE_RETENTION =
      Key.optional(
          "tombstone_retention",
          Scalars.duration(),
          "For how long a delete is remembered, such as 30d, so that an event that comes late does"
              + " not bring its row back; sluice maintain forgets it then. Choose more than an event"
              + " may ever be late, the time that the job stands still included. Without it, for"
              + " ever.");
  private static final Key<LateInserts> LATE_INSERTS =
      Key.withDefault(
          "late_inserts",
          Scalars.choice(
              List.of(
                  new Word<>("quarantine", LateInserts.QUARANTINE),
                  new Word<>("merge", LateInserts.MERGE))),
          "quarantine",
          "What becomes of an event that would insert a row, or a part of one that no event has"
              + " written, and is not later than every forgotten delete, so that nothing tells"
              + " whether that has gone since: quarantine, as a bad record with error_class TOO_LATE;"
              + " or merge, which inserts it. merge is for a sequence that is counted for each key"
              + " anew, such as a row's version.");

  /** Words of Databricks' AUTO CDC that have no meaning here, and what to do. */
  private static final Map<String, String> FOREIGN =
      Map.of(
          "system_sequence_by",
          "bitemporal tables are not supported; order the events with sequence_by",
          "columns_to_update",
          "it is not supported; name the columns in which a null is no value with"
              + " ignore_null_updates",
          "name",
          "a flow has no name of its own here; the job has one",
          "once",
          "it is not supported; a job with trigger: available_now takes what is there and ends");

  /** How change events become rows. */
  static final Block<AutoCdcSpec> AUTO_CDC =
      new Block<>(
          "How change events become the rows of the table; see [auto-cdc.md](auto-cdc.md).",
          List.of(
              KEYS,
              SEQUENCE_BY,
              APPLY_AS_DELETES,
              APPLY_AS_TRUNCATES,
              IGNORE_NULL_UPDATES,
              COLUMNS,
              EXCEPT_COLUMNS,
              STORED_AS_SCD_TYPE,
              TRACK_HISTORY_COLUMNS,
              TRACK_HISTORY_EXCEPT_COLUMNS,
              TOMBSTONE_RETENTION,
              LATE_INSERTS),
          List.of(
              Rule.notBoth(COLUMNS, EXCEPT_COLUMNS),
              new KeysAreStored(KEYS, COLUMNS, EXCEPT_COLUMNS),
              Rule.notBoth(TRACK_HISTORY_COLUMNS, TRACK_HISTORY_EXCEPT_COLUMNS),
              new OnlyWith<>(
                  List.of(TRACK_HISTORY_COLUMNS, TRACK_HISTORY_EXCEPT_COLUMNS),
                  STORED_AS_SCD_TYPE,
                  ScdType.TWO,
                  ScdType.TWO.number(),
                  false,
                  "type 1 keeps no versions"),
              new OnlyWith<>(
                  List.of(TOMBSTONE_RETENTION, LATE_INSERTS),
                  STORED_AS_SCD_TYPE,
                  ScdType.ONE,
                  ScdType.ONE.number(),
                  true,
                  "all events of a key make its versions"),
              new NeedsKey(
                  TOMBSTONE_RETENTION,
                  SEQUENCE_BY,
                  "in the order of the topic no event is late, and nothing is remembered"),
              new NeedsKey(
                  LATE_INSERTS, SEQUENCE_BY, "in the order of the topic no event is late")),
          AutoCdcKeys::spec,
          FOREIGN);

  private AutoCdcKeys() {}

  private static AutoCdcSpec spec(Bound keys) {
    return new AutoCdcSpec(
        Objects.requireNonNullElse(keys.find(KEYS), List.of()),
        Objects.requireNonNullElse(keys.find(SEQUENCE_BY), List.of()),
        keys.find(APPLY_AS_DELETES),
        keys.find(APPLY_AS_TRUNCATES),
        keys.get(IGNORE_NULL_UPDATES),
        selection(keys.find(COLUMNS), keys.find(EXCEPT_COLUMNS)),
        keys.get(STORED_AS_SCD_TYPE),
        selection(keys.find(TRACK_HISTORY_COLUMNS), keys.find(TRACK_HISTORY_EXCEPT_COLUMNS)),
        keys.find(TOMBSTONE_RETENTION),
        keys.get(LATE_INSERTS));
  }

  private static ColumnSelection selection(
      @Nullable List<String> columns, @Nullable List<String> exceptColumns) {
    return columns != null
        ? ColumnSelection.only(columns)
        : ColumnSelection.allBut(Objects.requireNonNullElse(exceptColumns, List.of()));
  }
}
