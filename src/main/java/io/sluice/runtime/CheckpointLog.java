package io.sluice.runtime;

import io.sluice.delta.TopicPositions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The log of an epoch: Spark's record of its batches, and Sluice's notes on them.
 *
 * <p>Spark keeps a batch's end in {@code offsets/N}, written before the batch runs; {@code
 * commits/N} says that it is done; {@code sources/0/0} is where the first batch begins.
 */
final class CheckpointLog {

  private static final String EPOCH = "sluice.json";
  private static final String OFFSETS = "offsets";
  private static final String COLUMNS = "columns";
  private static final String WRITTEN = "written";

  private final CheckpointFiles files;

  CheckpointLog(CheckpointFiles files) {
    this.files = files;
  }

  /** The directory, for Spark and for messages. */
  String location() {
    return files.root().toString();
  }

  /** The epoch; empty in a log that Sluice has not begun. */
  Optional<Epoch> epoch() {
    return files.read(EPOCH).map(text -> files.parsed(EPOCH, text, Epoch::parse));
  }

  /** Whether Sluice has begun the log. */
  boolean isBegun() {
    return files.read(EPOCH).isPresent();
  }

  /**
   * Keeps an epoch unless there is one.
   *
   * @return the epoch that is kept now: the given one, or that of another driver that was first
   */
  Epoch keep(Epoch epoch) {
    files.create(EPOCH, epoch.toJson());
    return epoch().orElse(epoch);
  }

  /** The newest batch whose end is recorded; empty when there is none. */
  OptionalLong newestBatch() {
    return files.numbers(OFFSETS).max();
  }

  /** Whether Spark's identity file is there. */
  boolean hasMetadata() {
    return files.read("metadata").isPresent();
  }

  /** The end of a batch; empty when it is not recorded, or no longer. */
  Optional<TopicPositions> end(long batch) {
    return positions(OFFSETS + "/" + batch, 2);
  }

  /** The start of a batch: the end of the one before, or where the source began. */
  Optional<TopicPositions> start(long batch) {
    return batch == 0 ? positions("sources/0/0", 1) : end(batch - 1);
  }

  /**
   * The first batch that was written into the table, or was to be; empty when there is none. Where
   * no note was taken of it, the first one that columns were kept for.
   */
  OptionalLong firstWritten() {
    return files
        .read(WRITTEN)
        .map(text -> OptionalLong.of(Long.parseLong(text.strip())))
        .orElseGet(() -> files.numbers(COLUMNS).min());
  }

  /** Takes note, before a batch is written into the table, unless one was before. */
  void keepWritten(long batch) {
    files.create(WRITTEN, Long.toString(batch));
  }

  /** Whether a batch is recorded as done. */
  boolean isDone(long batch) {
    return files.read("commits/" + batch).isPresent();
  }

  /** The columns that hold for a batch; empty when none were kept for it or one before. */
  Optional<PinnedColumns> columns(long batch) {
    OptionalLong from = files.numbers(COLUMNS).filter(each -> each <= batch).max();
    if (from.isEmpty()) {
      return Optional.empty();
    }
    String file = COLUMNS + "/" + from.getAsLong();
    return files.read(file).map(text -> files.parsed(file, text, PinnedColumns::parse));
  }

  /** Keeps the columns that hold from a batch on, which has not been decided yet. */
  void keep(long batch, PinnedColumns columns) {
    files.replace(COLUMNS + "/" + batch, columns.toJson());
  }

  private Optional<TopicPositions> positions(String file, int line) {
    return files
        .read(file)
        .map(text -> files.parsed(file, text, all -> positions(all.lines().toList(), line)));
  }

  private static TopicPositions positions(List<String> lines, int line) {
    if (lines.size() != line + 1) {
      throw new IllegalArgumentException("it has " + lines.size() + " lines");
    }
    return TopicPositions.parse(lines.get(line));
  }
}
