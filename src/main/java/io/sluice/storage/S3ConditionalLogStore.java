package io.sluice.storage;

import io.delta.storage.HadoopFileSystemLogStore;
import io.delta.storage.internal.S3LogStoreUtil;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log on S3 for any number of writers in any number of processes: S3 itself lets one of
 * them create a version.
 *
 * <p>{@code spark.delta.logStore.s3a.impl} names it. Every writer of a table has to use it, or
 * another store that creates versions conditionally: Delta's own default for S3 overwrites what a
 * writer in another process has committed.
 *
 * <p>A commit is held in memory until it is written, so that it can be sent again.
 */
public class S3ConditionalLogStore extends HadoopFileSystemLogStore {

  /** Created by Delta. */
  public S3ConditionalLogStore(Configuration hadoop) {
    super(hadoop);
  }

  /**
   * Writes a file of the log.
   *
   * @throws FileAlreadyExistsException if it is not to be overwritten and another writer was first
   */
  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoop)
      throws IOException {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    while (actions.hasNext()) {
      content.writeBytes(actions.next().getBytes(StandardCharsets.UTF_8));
      content.write('\n');
    }
    FileSystem store = path.getFileSystem(hadoop);
    if (overwrite) {
      ConditionalCreate.write(store.create(path, true), content.toByteArray());
    } else {
      ConditionalCreate.create(store, path, content.toByteArray());
    }
  }

  /** Lists from a name on; S3 is asked for these alone, not for all of a long log. */
  @Override
  public Iterator<FileStatus> listFrom(Path path, Configuration hadoop) throws IOException {
    FileStatus[] files =
        S3LogStoreUtil.s3ListFromArray(path.getFileSystem(hadoop), path, path.getParent());
    if (files.length == 0 && !path.getFileSystem(hadoop).exists(path.getParent())) {
      throw new FileNotFoundException("No such file or directory: " + path.getParent());
    }
    return Arrays.stream(files)
        .filter(file -> file.getPath().getName().compareTo(path.getName()) >= 0)
        .sorted(Comparator.comparing(file -> file.getPath().getName()))
        .iterator();
  }

  /** An object is visible when it is whole. */
  @Override
  public Boolean isPartialWriteVisible(Path path, Configuration hadoop) {
    return false;
  }
}
