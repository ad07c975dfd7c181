package io.sluice.runtime;

import io.sluice.delta.ColumnMerge;
import io.sluice.spec.SchemaEvolution;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/**
 * What one difference of a new schema version does to a job's table.
 *
 * @param kind what happens
 * @param change the difference: {@code + name TYPE}, {@code ~ name OLD -> NEW}, {@code - name TYPE}
 */
public record SchemaEffect(Kind kind, String change) {

  /** What happens to the table, or to the messages. */
  public enum Kind {
    /** The table gets a column. */
    ADD("the table gets this column"),
    /** A column gets a wider type. */
    WIDEN("the column gets this type"),
    /** The values land in {@code _rescued_data}. */
    RESCUE("values that the column cannot hold land in _rescued_data"),
    /** No step of the job selects it. */
    IGNORE("no step of the job selects it"),
    /** The column is null in the messages of this version. */
    NULL("the column is null in messages of this version"),
    /** Messages whose values the column cannot hold do not get into the table. */
    BREAK("messages whose value the column cannot hold do not get into the table"),
    /** The job stops. */
    STOP("the job stops before the first message of this version");

    private final String meaning;

    Kind(String meaning) {
      this.meaning = meaning;
    }

    /** One sentence for whoever asks. */
    public String meaning() {
      return meaning;
    }

    /** Whether a producer has to ask first. */
    public boolean isBreaking() {
      return this == BREAK || this == STOP;
    }
  }

  /**
   * What a version does.
   *
   * @param columns the columns that the job reads so far
   * @param candidate the columns of the version
   * @param evolution what the job says to do
   * @param reaching whether a new field would get into the table
   */
  static List<SchemaEffect> of(
      StructType columns, StructType candidate, SchemaEvolution evolution, boolean reaching) {
    List<String> widened = ColumnMerge.changes(columns, ColumnMerge.of(columns, candidate, true));
    List<SchemaEffect> effects = new ArrayList<>();
    for (String change : ColumnMerge.changes(columns, candidate)) {
      effects.add(new SchemaEffect(kind(change, widened, evolution, reaching), change));
    }
    return effects;
  }

  private static Kind kind(
      String change, List<String> widened, SchemaEvolution evolution, boolean reaching) {
    boolean added = change.startsWith("+");
    if (added && !reaching) {
      return Kind.IGNORE;
    }
    if (evolution == SchemaEvolution.STRICT) {
      return Kind.STOP;
    }
    if (change.startsWith("-")) {
      return Kind.NULL;
    }
    if (evolution == SchemaEvolution.RESCUE) {
      return Kind.RESCUE;
    }
    if (added) {
      return Kind.ADD;
    }
    return evolution == SchemaEvolution.WIDEN && widened.contains(change) ? Kind.WIDEN : Kind.BREAK;
  }
}
