package io.sluice.maintain;

import java.util.List;

/**
 * Which partitions of a table are to be compacted: those where many small files become few.
 *
 * @param fileSize the size, in bytes, that files should have
 * @param partitions those whose small files are worth it
 */
public record Compaction(long fileSize, List<Partition> partitions) {

  /** How many files a rewrite has to save; fewer are not worth what it reads and writes. */
  public static final int WORTHWHILE = 4;

  /**
   * The small files of one partition.
   *
   * @param where selects the partition; empty for all of a table that has no partitions
   * @param files how many there are
   * @param bytes what they hold together
   */
  public record Partition(String where, long files, long bytes) {

    private boolean isWorthwhile(long fileSize) {
      long left = Math.max(1, (bytes + fileSize - 1) / fileSize);
      return files - left >= WORTHWHILE;
    }
  }

  /** Keeps a copy. */
  public Compaction {
    partitions = List.copyOf(partitions);
  }

  /** What is worth compacting of these small files. */
  public static Compaction of(long fileSize, List<Partition> small) {
    return new Compaction(
        fileSize, small.stream().filter(each -> each.isWorthwhile(fileSize)).toList());
  }

  /** A file of this size or above stays as it is. */
  public static long smallest(long fileSize) {
    return fileSize / 2;
  }

  /** How many files are to be rewritten. */
  public long files() {
    return partitions.stream().mapToLong(Partition::files).sum();
  }

  /** How many bytes they hold together. */
  public long bytes() {
    return partitions.stream().mapToLong(Partition::bytes).sum();
  }
}
