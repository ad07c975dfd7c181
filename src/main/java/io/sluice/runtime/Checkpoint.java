package io.sluice.runtime;

import io.sluice.delta.CommitLedger;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A job's checkpoint, with a log for each of its epochs: the first epoch's lies in the checkpoint's
 * directory itself, that of a later one in a directory within.
 *
 * <p>So a driver that an epoch has left behind writes where nobody reads: were it to record a batch
 * in the log of the new epoch, the two would mix. Which epoch holds, the table says.
 */
final class Checkpoint {

  private static final String EPOCHS = "epochs";

  private final CheckpointFiles files;

  /**
   * The checkpoint in a directory, which need not exist.
   *
   * @param directory as the job names it
   */
  Checkpoint(String directory, Configuration hadoop) {
    this.files = new CheckpointFiles(new Path(directory), hadoop);
  }

  /**
   * The log of the epoch that goes on; the first epoch's where this checkpoint has none of that.
   *
   * @param newest the job's newest batch in the table
   */
  CheckpointLog log(Optional<CommitLedger.Newest> newest) {
    return newest
        .map(batch -> within(batch.epoch()))
        .filter(CheckpointLog::isBegun)
        .orElseGet(() -> new CheckpointLog(files));
  }

  /** The log of an epoch that is to go on after another, begun. */
  CheckpointLog begin(Epoch epoch) {
    CheckpointLog log = within(epoch.id());
    log.keep(epoch);
    return log;
  }

  /** The logs of all epochs that were to go on after another, whether they did or not. */
  List<CheckpointLog> later() {
    return files.names(EPOCHS).map(this::within).filter(CheckpointLog::isBegun).toList();
  }

  /** The checkpoint's directory, for messages. */
  String location() {
    return files.root().toString();
  }

  private CheckpointLog within(String epoch) {
    return new CheckpointLog(files.within(EPOCHS + "/" + epoch));
  }
}
