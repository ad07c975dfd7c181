package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.TopicPositions;
import io.sluice.spec.JobSpec;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether checkpoint, job and table belong together; nothing runs unless they do.
 *
 * <p>The checkpoint says what a batch is, the table says which batches it has. One of them lost,
 * replaced or older than the other would silently leave out messages or double them, so each such
 * case is refused with its own way out, and none is repaired without being asked to.
 */
final class CheckpointIdentity {

  private static final String NEW_EPOCH =
      "To go on exactly where the table ends, run the job once with --new-epoch.";
  private static final String START_OVER =
      "The table has nothing of the job yet: to start over, delete the checkpoint.";

  private final JobSpec job;
  private final Checkpoint checkpoint;
  private final CheckpointLog log;
  private final Optional<CommitLedger.Newest> newest;
  private final Supplier<String> newId;

  /**
   * The identity of one job's checkpoint.
   *
   * @param newest the job's newest batch in the table; empty when the table has none or is not
   *     there
   * @param newId makes the id of a new epoch
   */
  CheckpointIdentity(
      JobSpec job,
      Checkpoint checkpoint,
      Optional<CommitLedger.Newest> newest,
      Supplier<String> newId) {
    this.job = job;
    this.checkpoint = checkpoint;
    this.log = checkpoint.log(newest);
    this.newest = newest;
    this.newId = newId;
  }

  /**
   * The epoch to run in, begun if this is the job's first run.
   *
   * @throws SluiceException CHECKPOINT_MISMATCH with the way out
   */
  Epoch open() {
    OptionalLong logged = log.newestBatch();
    if (logged.isPresent() && !log.hasMetadata()) {
      throw refusal(
          "its file `metadata` is missing, so Spark would count batches anew. Restore the file",
          newest.isPresent() ? NEW_EPOCH : START_OVER);
    }
    Optional<Epoch> kept = log.epoch();
    if (newest.isEmpty()) {
      checkLater(kept.isPresent());
    }
    if (kept.isEmpty()) {
      if (logged.isPresent()) {
        throw refusal("it was not begun by Sluice. Name an empty directory under `checkpoint`", "");
      }
      if (newest.isPresent()) {
        throw refusal(
            "it is empty, while the table has %s. The checkpoint was deleted or moved: restore it"
                .formatted(
                    newest.get().isNone()
                        ? "begun the job's epoch " + newest.get().epoch()
                        : "batches of this job up to " + newest.get().batch()),
            NEW_EPOCH);
      }
      kept = Optional.of(log.keep(epoch(null, null)));
    }
    check(kept.get(), logged);
    return kept.get();
  }

  /**
   * A new epoch, which is to begin where the table ends; it is nowhere yet.
   *
   * @throws SluiceException CHECKPOINT_MISMATCH if the table does not say where it ends
   */
  Epoch successor() {
    CommitLedger.Newest last = newest.orElseThrow();
    if (last.range() == null) {
      throw new SluiceException(
          Condition.CHECKPOINT_MISMATCH,
          "The table's history no longer says up to where the job %s has read. Begin by hand: delete the checkpoint %s, give the job another name, and set source.start to the positions after the newest `_position` of each partition in the table."
              .formatted(job.name(), checkpoint.location()));
    }
    return epoch(last.epoch(), last.range().to());
  }

  private void check(Epoch epoch, OptionalLong logged) {
    if (!isOwn(epoch)) {
      throw foreign(epoch);
    }
    if (newest.isEmpty()) {
      // Batches of changes with no row in them make no table.
      long first =
          job.source().format().isChanges() ? log.firstWritten().orElse(Long.MAX_VALUE) : 0;
      if (logged.orElse(0) > first || log.isDone(first)) {
        throw dropped(
            "it has batches up to %s".formatted(logged.isPresent() ? logged.getAsLong() : first));
      }
      return;
    }
    CommitLedger.Newest last = newest.get();
    if (last.epoch().equals(epoch.previous())
        && (last.range() == null || last.range().to().equals(epoch.start()))
        && logged.orElse(0) == 0
        && !log.isDone(0)) {
      return;
    }
    if (!last.epoch().equals(epoch.id())) {
      throw refusal(
          "it is of epoch %s, while the table was last written in epoch %s. It was replaced by another one: restore the newer one"
              .formatted(epoch.id(), last.epoch()),
          NEW_EPOCH);
    }
    if (checkpoint.later().stream().anyMatch(later -> hasWritten(later, last.epoch()))) {
      throw refusal(
          "the table ends in epoch %s, and a later one has batches. The table was put back from an older copy"
              .formatted(last.epoch()),
          NEW_EPOCH);
    }
    if (logged.orElse(CommitLedger.Newest.NONE) < last.batch()) {
      throw refusal(
          "it ends at batch %s and the table has batch %d. It was restored from an older copy"
              .formatted(logged.isEmpty() ? "none" : logged.getAsLong(), last.batch()),
          NEW_EPOCH);
    }
    if (logged.orElse(CommitLedger.Newest.NONE) > last.batch() + 1
        || log.isDone(last.batch() + 1)) {
      throw refusal(
          "it ends at batch %s and the table at batch %s. The table was put back from an older copy"
              .formatted(
                  logged.isPresent() ? logged.getAsLong() : "none",
                  last.isNone() ? "none" : last.batch()),
          NEW_EPOCH);
    }
    if (last.range() != null) {
      checkEnd(last.batch(), last.range().to());
    }
  }

  /** A later epoch begins behind a batch in the table, so there was one. */
  private void checkLater(boolean isBegun) {
    for (CheckpointLog later : checkpoint.later()) {
      Epoch epoch = later.epoch().orElseThrow();
      if (isOwn(epoch)) {
        throw dropped("it has batches of more than one epoch");
      }
      if (!isBegun) {
        throw foreign(epoch);
      }
    }
  }

  private boolean isOwn(Epoch epoch) {
    return epoch.job().equals(job.name()) && epoch.table().equals(job.target().table());
  }

  private SluiceException foreign(Epoch epoch) {
    return refusal(
        "it belongs to the job %s with the table %s. Name another directory under `checkpoint`"
            .formatted(epoch.job(), epoch.table()),
        "");
  }

  private SluiceException dropped(String known) {
    return refusal(
        "%s, and the table %s has none of them. The table was dropped or created anew: restore it, or start over by deleting the checkpoint %s"
            .formatted(known, job.target().table(), checkpoint.location()),
        "");
  }

  private static boolean hasWritten(CheckpointLog later, String previous) {
    if (later.newestBatch().isEmpty()) {
      return false;
    }
    try {
      return later.epoch().filter(epoch -> previous.equals(epoch.previous())).isPresent();
    } catch (SluiceException e) {
      // One that was damaged, and so was left for another.
      return false;
    }
  }

  private void checkEnd(long batch, TopicPositions to) {
    Optional<TopicPositions> recorded = log.end(batch);
    if (recorded.isPresent() && !recorded.get().equals(to)) {
      throw refusal(
          "its batch %d ends at %s and the table's at %s"
              .formatted(batch, recorded.get().toJson(), to.toJson()),
          NEW_EPOCH);
    }
  }

  private Epoch epoch(@Nullable String previous, @Nullable TopicPositions start) {
    return new Epoch(
        newId.get(),
        job.name(),
        job.target().table(),
        job.source().topics().describe(),
        previous,
        start);
  }

  private SluiceException refusal(String reason, String wayOut) {
    return new SluiceException(
        Condition.CHECKPOINT_MISMATCH,
        "The job %s cannot go on with the checkpoint %s: %s. %s"
            .formatted(job.name(), log.location(), reason, wayOut)
            .strip());
  }
}
