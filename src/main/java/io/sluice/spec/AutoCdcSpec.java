package io.sluice.spec;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How change events become the rows of a table.
 *
 * @param keys the columns that say which row an event is about; empty for those that the events
 *     name
 * @param sequenceBy the columns that order the events of a key, compared left to right; empty for
 *     the order of the topic
 * @param applyAsDeletes the SQL condition of an event that deletes; null for never
 * @param applyAsTruncates the SQL condition of an event that empties the table; null for never
 * @param ignoreNullUpdates the columns in which a null means that the event does not write them
 * @param columns the columns of the events that are stored
 * @param type what the table shows of a key
 * @param trackHistory the columns whose changes open a version, where versions are kept
 * @param tombstoneRetention for how long deletes are remembered at least; null for ever
 * @param lateInserts what becomes of events whose deletes may have been forgotten
 */
public record AutoCdcSpec(
    List<String> keys,
    List<String> sequenceBy,
    @Nullable String applyAsDeletes,
    @Nullable String applyAsTruncates,
    ColumnSelection ignoreNullUpdates,
    ColumnSelection columns,
    ScdType type,
    ColumnSelection trackHistory,
    @Nullable Duration tombstoneRetention,
    LateInserts lateInserts) {

  /** Keeps its own copies of the lists. */
  public AutoCdcSpec {
    keys = List.copyOf(keys);
    sequenceBy = List.copyOf(sequenceBy);
  }

  /** Whatever the events say, newest state only. */
  static AutoCdcSpec byTheEvents() {
    return new AutoCdcSpec(
        List.of(),
        List.of(),
        null,
        null,
        ColumnSelection.none(),
        ColumnSelection.all(),
        ScdType.ONE,
        ColumnSelection.all(),
        null,
        LateInserts.QUARANTINE);
  }

  /** The same for events that say in {@code _op} what they do. */
  AutoCdcSpec ofChanges() {
    return new AutoCdcSpec(
        keys,
        sequenceBy,
        Objects.requireNonNullElse(applyAsDeletes, "_op = 'd'"),
        Objects.requireNonNullElse(applyAsTruncates, "_op = 't'"),
        ignoreNullUpdates,
        columns,
        type,
        trackHistory,
        tombstoneRetention,
        lateInserts);
  }

  /** The same with key columns. */
  public AutoCdcSpec withKeys(List<String> columnNames) {
    return new AutoCdcSpec(
        columnNames,
        sequenceBy,
        applyAsDeletes,
        applyAsTruncates,
        ignoreNullUpdates,
        columns,
        type,
        trackHistory,
        tombstoneRetention,
        lateInserts);
  }
}
