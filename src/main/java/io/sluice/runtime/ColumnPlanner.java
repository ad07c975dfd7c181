package io.sluice.runtime;

import io.sluice.delta.ColumnMerge;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.SchemaEvolution;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Which columns a job decodes payloads into, and what the source is told to watch for. */
final class ColumnPlanner {

  private ColumnPlanner() {}

  /**
   * The batch from which other columns may hold. A batch that the table has was decided with the
   * columns it was begun with, so it keeps them, even if it has to be done again for what follows
   * the table; any other has left nothing behind.
   *
   * @param logged the newest batch that the checkpoint has
   * @param done whether the checkpoint says that it is done
   * @param inTable the newest batch that the table has
   */
  static long nextBatch(OptionalLong logged, boolean done, OptionalLong inTable) {
    if (logged.isEmpty()) {
      return 0;
    }
    boolean decided = done || inTable.orElse(-1) >= logged.getAsLong();
    return logged.getAsLong() + (decided ? 1 : 0);
  }

  /**
   * The columns of the batches to come.
   *
   * @param pinned the columns so far; null when there are none
   * @param registered the columns of all registered versions
   * @param schemas the versions that {@code registered} was made from
   */
  static PinnedColumns next(
      @Nullable PinnedColumns pinned,
      StructType registered,
      RegisteredSchemas schemas,
      SchemaEvolution evolution) {
    if (pinned == null) {
      return new PinnedColumns(registered, schemas);
    }
    return switch (evolution) {
      case ADD_COLUMNS ->
          new PinnedColumns(ColumnMerge.of(pinned.payload(), registered, false), schemas);
      case WIDEN -> new PinnedColumns(ColumnMerge.of(pinned.payload(), registered, true), schemas);
      // What such a job stops at, it stops at however often it is started.
      case RESCUE, STRICT -> pinned;
    };
  }

  /**
   * What the source is told of the columns.
   *
   * @param growing whether a new column of the source would reach the table
   */
  static Map<String, String> options(
      PinnedColumns columns, SchemaEvolution evolution, boolean growing) {
    String accepted = columns.schemas().toJson();
    return switch (evolution) {
      case ADD_COLUMNS ->
          Map.of("acceptedSchemas", accepted, "stopOnSchemaChange", growing ? "newFields" : "none");
      case WIDEN -> Map.of("acceptedSchemas", accepted, "stopOnSchemaChange", "widerTypes");
      case RESCUE ->
          Map.of(
              "acceptedSchemas",
              accepted,
              "stopOnSchemaChange",
              "newFields",
              "rescuedDataColumn",
              "_rescued_data");
      case STRICT -> Map.of("acceptedSchemas", accepted, "stopOnSchemaChange", "any");
    };
  }

  /** What the table gets that it did not have; empty when nothing changes for it. */
  static List<String> changes(@Nullable PinnedColumns before, PinnedColumns after) {
    return before == null ? List.of() : ColumnMerge.changes(before.payload(), after.payload());
  }
}
