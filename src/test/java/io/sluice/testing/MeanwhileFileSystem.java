package io.sluice.testing;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * The local file system as {@code meanwhile:/}, where another writer of a Delta table gets in
 * between: at the moment at which somebody who has read the table and made ready a commit looks
 * whether its version is still free.
 *
 * <p>The other writer knows the table by its {@code file:} path, so that Delta shares nothing in
 * memory between the two.
 */
public final class MeanwhileFileSystem extends RawLocalFileSystem {

  private static final URI ROOT = URI.create("meanwhile:///");
  private static final Pattern COMMIT = Pattern.compile("(.*)/_delta_log/\\d{20}\\.json");
  private static final Map<String, Deque<Callable<?>>> OTHERS = new ConcurrentHashMap<>();
  private static final ExecutorService OTHER = Executors.newSingleThreadExecutor();

  static {
    // Started here, it does not inherit what Spark binds to the threads of a merge.
    OTHER.execute(() -> {});
  }

  /**
   * Lets another writer get in between.
   *
   * @param table the table's directory
   * @param commits what it does before each of the next commits
   * @return what it has not done yet
   */
  public static Deque<Callable<?>> before(String table, Callable<?>... commits) {
    Deque<Callable<?>> others = new ArrayDeque<>(List.of(commits));
    OTHERS.put(table, others);
    return others;
  }

  /** The table as those know it whom others come between. */
  public static String path(String table) {
    return ROOT.getScheme() + ":" + table;
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  @Override
  public String getScheme() {
    return ROOT.getScheme();
  }

  @Override
  public boolean exists(Path file) throws IOException {
    var commit = COMMIT.matcher(file.toUri().getPath());
    if (commit.matches() && !pathToFile(file).exists()) {
      Deque<Callable<?>> others = OTHERS.getOrDefault(commit.group(1), new ArrayDeque<>());
      Callable<?> other = others.poll();
      if (other != null) {
        await(other);
      }
    }
    return super.exists(file);
  }

  private static void await(Callable<?> other) throws IOException {
    try {
      OTHER.submit(other).get();
    } catch (Exception e) {
      throw new IOException("the other writer has failed", e);
    }
  }
}
