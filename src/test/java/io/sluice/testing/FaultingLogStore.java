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
 * <p>{@code spark.delta.logStore.file.impl} names it. {@code -Dsluice.pause=before@7} stops the
 * process before its seventh commit, as {@code kill -STOP} does, until it is told to go on; {@code
 * after@7} after it.
 */
public final class FaultingLogStore extends LocalLogStore {

  /** What a process prints that stops itself. */
  static final String PAUSED = "sluice: paused";

  private static final String PAUSE = System.getProperty("sluice.pause", "");
  private static final AtomicInteger COMMITS = new AtomicInteger();

  /** Created by Delta. */
  public FaultingLogStore(Configuration hadoop) {
    super(hadoop);
  }

  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoop)
      throws IOException {
    if (!path.getName().matches("\\d{20}\\.json")) {
      super.write(path, actions, overwrite, hadoop);
      return;
    }
    int commit = COMMITS.incrementAndGet();
    FaultPoint.hit("delta.before-log");
    pause("before@" + commit);
    super.write(path, actions, overwrite, hadoop);
    FaultPoint.hit("delta.after-log");
    pause("after@" + commit);
  }

  private static void pause(String point) throws IOException {
    if (!point.equals(PAUSE)) {
      return;
    }
    System.err.println(PAUSED);
    long self = ProcessHandle.current().pid();
    try {
      // The signal takes its time: what this waits for is a second that passes while it is stopped.
      new ProcessBuilder("sh", "-c", "kill -STOP %d; sleep 1".formatted(self))
          .inheritIO()
          .start()
          .waitFor();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("while the process was paused");
    }
  }
}
