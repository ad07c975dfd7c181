package io.sluice.testing;

import io.delta.storage.LocalLogStore;
import io.sluice.FaultPoint;
import java.io.IOException;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log store for local files, with a fault point on either side of a commit.
 *
 * <p>{@code spark.delta.logStore.file.impl} names it.
 */
public final class FaultingLogStore extends LocalLogStore {

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
    }
    super.write(path, actions, overwrite, hadoop);
    if (commit) {
      FaultPoint.hit("delta.after-log");
    }
  }
}
