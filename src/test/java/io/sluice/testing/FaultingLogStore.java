package io.sluice.testing;

import io.delta.storage.LocalLogStore;
import io.sluice.FaultPoint;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log store for local files, with a fault point on either side of a commit.
 *
 * <p>{@code spark.delta.logStore.file.impl} names it. {@code -Dsluice.pause=7} stops the process
 * before its seventh commit, as {@code kill -STOP} does, until it is told to go on.
 */
public final class FaultingLogStore extends LocalLogStore {

  /** What a process prints that stops itself. */
  static final String PAUSED = "sluice: paused before a commit";

  private static final AtomicInteger UNTIL_PAUSE =
      new AtomicInteger(Integer.getInteger("sluice.pause", 0));

  /** Created by Delta. */
  public FaultingLogStore(Configuration hadoop) {
    super(hadoop);
  }

  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoop)
      throws IOException {
    boolean commit = path.getName().matches("\\d{20}\\.json");
    if (commit) {
      FaultPoint.hit("delta.before-log");
      if (UNTIL_PAUSE.decrementAndGet() == 0) {
        pause();
      }
    }
    super.write(path, actions, overwrite, hadoop);
    if (commit) {
      FaultPoint.hit("delta.after-log");
    }
  }

  private static void pause() throws IOException {
    System.err.println(PAUSED);
    long self = ProcessHandle.current().pid();
    try {
      new ProcessBuilder("sh", "-c", "kill -STOP " + self).inheritIO().start().waitFor();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("while the process was paused");
    }
  }
}
