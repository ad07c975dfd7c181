package io.sluice.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.s3a.AWSServiceIOException;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.jspecify.annotations.Nullable;

/**
 * Creates an object on S3 unless there is one of its name, whoever else tries the same at the same
 * time.
 *
 * <p>The store decides, by {@code If-None-Match: *} on the request that makes the object visible.
 * Its answer may get lost: then the client repeats the request, and its own object makes that one
 * fail. So each object carries the id of the write that made it, and whether a failed write was
 * first is read from there, never guessed from the failure.
 */
final class ConditionalCreate {

  /** S3's name for it is {@code x-amz-meta-sluice-write-id}. */
  private static final String WRITE_ID = "sluice-write-id";

  private static final String CONDITION = "fs.option.create.conditional.overwrite";
  private static final String HEADER = "fs.s3a.create.header.";
  private static final String ATTRIBUTE = "header.";
  private static final int ATTEMPTS = 6;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final int CONFLICT = 409;
  private static final int SERVER_ERROR = 500;
  private static final int NOT_IMPLEMENTED = 501;

  private ConditionalCreate() {}

  /**
   * Creates a file with its whole content.
   *
   * @param store an S3A file system
   * @throws FileAlreadyExistsException if another write has made a file of this name
   * @throws IOException if the file could not be created; when the store does not answer any more
   *     it may have been created all the same
   */
  static void create(FileSystem store, Path file, byte[] content) throws IOException {
    String id = UUID.randomUUID().toString();
    for (int attempt = 1; ; attempt++) {
      try {
        upload(store, file, content, id);
        return;
      } catch (IOException e) {
        Optional<String> writer = writer(store, file, e);
        if (writer.isPresent() && writer.get().equals(id)) {
          return;
        }
        if (writer.isPresent() || e instanceof RemoteFileChangedException) {
          throw exists(file, e);
        }
        if (attempt == ATTEMPTS || !isPassing(e)) {
          throw e;
        }
        pause(FIRST_PAUSE.multipliedBy(1L << (attempt - 1)));
      }
    }
  }

  private static void upload(FileSystem store, Path file, byte[] content, String id)
      throws IOException {
    FSDataOutputStreamBuilder<?, ?> builder = store.createFile(file);
    builder.recursive().overwrite(true).must(CONDITION, true).must(HEADER + WRITE_ID, id);
    write(builder.build(), content);
  }

  /** Writes all to a stream and closes it; of what fails before its end nothing is visible. */
  static void write(FSDataOutputStream out, byte[] content) throws IOException {
    try {
      out.write(content);
    } catch (IOException | RuntimeException e) {
      out.abort();
      throw e;
    }
    out.close();
  }

  /**
   * The id of the write that made a file: empty when there is none, or when it cannot be told,
   * which the failure then says; an empty text for a writer that leaves no ids.
   */
  private static Optional<String> writer(FileSystem store, Path file, IOException failure) {
    try {
      byte @Nullable [] id = store.getXAttrs(file).get(ATTRIBUTE + WRITE_ID);
      return Optional.of(id == null ? "" : new String(id, StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (IOException e) {
      failure.addSuppressed(e);
      return Optional.empty();
    }
  }

  /** S3 answers 409 while two requests for one name meet, and asks for the upload again. */
  private static boolean isPassing(IOException failure) {
    if (!(failure instanceof AWSServiceIOException answered)) {
      return false;
    }
    int status = answered.statusCode();
    return status == CONFLICT || (status >= SERVER_ERROR && status != NOT_IMPLEMENTED);
  }

  private static FileAlreadyExistsException exists(Path file, IOException cause) {
    var exists = new FileAlreadyExistsException(file.toString(), null, "another write was first");
    // Not as its cause: that the store keeps the first of two writes is no failure of the store.
    exists.addSuppressed(cause);
    return exists;
  }

  private static void pause(Duration pause) throws InterruptedIOException {
    try {
      TimeUnit.MILLISECONDS.sleep(pause.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted before an upload was repeated");
    }
  }
}
