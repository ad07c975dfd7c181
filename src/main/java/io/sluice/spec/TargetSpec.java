package io.sluice.spec;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The Delta table that a job writes.
 *
 * @param table a path, or an identifier such as {@code catalog.schema.table}
 * @param isPath whether {@code table} is a path
 * @param partitionBy the columns that a new table is partitioned by; empty for none
 * @param clusterBy the columns that a new table is clustered by; empty for none, and empty when the
 *     table is partitioned
 * @param properties table properties that a new table gets
 * @param evolution what the table does when the schema of its topics changes
 * @param quarantine the table of messages that cannot be decoded: a path or an identifier
 * @param autoCdc how change events become rows; null when every row is appended
 * @param appends whether the job says itself that every row is appended
 * @param readers the engines that the job says read the table; empty if it says nothing
 */
public record TargetSpec(
    String table,
    boolean isPath,
    List<String> partitionBy,
    List<String> clusterBy,
    Map<String, String> properties,
    SchemaEvolution evolution,
    String quarantine,
    @Nullable AutoCdcSpec autoCdc,
    boolean appends,
    List<TableReader> readers) {

  /** Keeps its own copies of the lists, and of the properties in their order. */
  public TargetSpec {
    partitionBy = List.copyOf(partitionBy);
    clusterBy = List.copyOf(clusterBy);
    properties = Ordered.copyOf(properties);
    readers = List.copyOf(readers);
  }

  /** The same for a table of another name. */
  TargetSpec at(String other, String otherQuarantine) {
    return new TargetSpec(
        other,
        TableNames.isPath(other),
        partitionBy,
        clusterBy,
        properties,
        evolution,
        otherQuarantine,
        autoCdc,
        appends,
        readers);
  }

  /** The same for messages that are changes of rows: merged, unless the job says append. */
  TargetSpec ofChanges() {
    return appends
        ? this
        : merging(Objects.requireNonNullElse(autoCdc, AutoCdcSpec.byTheEvents()).ofChanges());
  }

  /** The same with another way of merging, or, if that is null, of appending. */
  public TargetSpec merging(@Nullable AutoCdcSpec other) {
    return new TargetSpec(
        table,
        isPath,
        partitionBy,
        clusterBy,
        properties,
        evolution,
        quarantine,
        other,
        appends,
        readers);
  }

  /** A table at a place, with what holds when a job says nothing more. */
  public static TargetSpec of(String table) {
    return new TargetSpec(
        table,
        TableNames.isPath(table),
        List.of(),
        List.of(),
        Map.of(),
        SchemaEvolution.ADD_COLUMNS,
        TableNames.beside(table, TableNames.QUARANTINE),
        null,
        false,
        List.of());
  }

  /**
   * A table that belongs to this one, beside it, and evolves as this one does. Sluice alone reads
   * it.
   */
  public TargetSpec companion(String suffix) {
    String name = TableNames.beside(table, suffix);
    return new TargetSpec(
        name,
        isPath,
        List.of(),
        List.of(),
        Map.of(),
        evolution,
        quarantine,
        null,
        false,
        List.of());
  }
}
