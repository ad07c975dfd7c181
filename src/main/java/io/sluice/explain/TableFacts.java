package io.sluice.explain;

import io.sluice.delta.BatchCommit;
import java.util.List;
import java.util.Set;

/**
 * What there is to know of a table of changes before its messages are judged.
 *
 * @param columns the stored columns beside the keys
 * @param tracked those whose change begins a version
 * @param hasVersions whether it shows all versions of a key, rather than the newest
 * @param bySequence whether columns of the events order them, rather than the topic
 * @param commits the batches of the job that the table's log still has, oldest first
 * @param wholeLog whether the log reaches back to the table's creation
 * @param rows the rows of the key as the table has them
 * @param quarantined the messages of the key that are in the quarantine table
 * @param drops whether the job drops what it cannot use
 */
public record TableFacts(
    List<String> columns,
    Set<String> tracked,
    boolean hasVersions,
    boolean bySequence,
    List<BatchCommit> commits,
    boolean wholeLog,
    List<KeyRow> rows,
    Set<Position> quarantined,
    boolean drops) {

  /** Copies the lists. */
  public TableFacts {
    columns = List.copyOf(columns);
    tracked = Set.copyOf(tracked);
    commits = List.copyOf(commits);
    rows = List.copyOf(rows);
    quarantined = Set.copyOf(quarantined);
  }

  /**
   * A row of the key.
   *
   * @param position the message that wrote it last
   * @param json its columns as a JSON object
   */
  public record KeyRow(Position position, String json) {}
}
