package io.sluice.storage;

import io.delta.storage.LogStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * A process that commits to a Delta log as quickly as it can, beside others that do the same.
 *
 * <p>Arguments: its name, a number of commits, then Hadoop's settings as {@code key=value}. For
 * each line {@code CLASS DIRECTORY} on its input it commits there with that log store and prints
 * {@code version name} for each commit that it takes for its own, then {@code done CONFLICTS}.
 */
final class CommitRacer {

  private CommitRacer() {}

  public static void main(String[] args) throws Exception {
    Configuration hadoop = new Configuration();
    for (String setting : List.of(args).subList(2, args.length)) {
      int equals = setting.indexOf('=');
      hadoop.set(setting.substring(0, equals), setting.substring(equals + 1));
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int space = line.indexOf(' ');
      LogStore store =
          Class.forName(line.substring(0, space))
              .asSubclass(LogStore.class)
              .getConstructor(Configuration.class)
              .newInstance(hadoop);
      race(store, line.substring(space + 1), args[0], Integer.parseInt(args[1]), hadoop);
    }
  }

  private static void race(
      LogStore store, String directory, String name, int commits, Configuration hadoop)
      throws IOException {
    int conflicts = 0;
    long version = 0;
    for (int i = 0; i < commits; version++) {
      Path file = new Path(directory, "%020d.json".formatted(version));
      try {
        store.write(file, List.of(name + " " + i).iterator(), false, hadoop);
        System.out.println(version + " " + name + " " + i);
        i++;
      } catch (FileAlreadyExistsException e) {
        conflicts++;
      }
    }
    System.out.println("done " + conflicts);
  }
}
