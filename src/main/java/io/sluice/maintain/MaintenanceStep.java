package io.sluice.maintain;

/**
 * One thing that maintenance did to a table, or would do.
 *
 * @param table the table's name
 * @param kind what it is
 * @param amount how many files are rewritten or deleted, how many rows expire
 * @param left how many files take the place of those rewritten; 0 where none do or it is not known
 * @param bytes the size of the files; 0 for rows
 */
public record MaintenanceStep(String table, Kind kind, long amount, long left, long bytes) {

  /** What can be done to a table. */
  public enum Kind {
    /** Small files become few. */
    COMPACT,
    /** Files that no batch has clustered yet are. */
    CLUSTER,
    /** Rows that are kept for some time only are deleted. */
    EXPIRE,
    /** Files that no version within the retention needs are deleted. */
    VACUUM,
    /** Another writer was in the way each time; the next run does what is left. */
    GAVE_WAY,
    /** Nothing was to do. */
    NONE
  }
}
