package io.sluice.testing;

import io.sluice.FaultPoint;
import io.sluice.storage.S3ConditionalLogStore;
import java.io.IOException;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The log store for S3 with a fault point behind each commit.
 *
 * <p>{@code spark.delta.logStore.s3a.impl} names it.
 */
public final class FaultingS3LogStore extends S3ConditionalLogStore {

  /** Created by Delta. */
  public FaultingS3LogStore(Configuration hadoop) {
    super(hadoop);
  }

  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoop)
      throws IOException {
    super.write(path, actions, overwrite, hadoop);
    if (path.getName().matches("\\d{20}\\.json")) {
      FaultPoint.hit("delta.after-log");
    }
  }
}
