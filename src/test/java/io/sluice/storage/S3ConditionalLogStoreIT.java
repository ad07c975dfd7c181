package io.sluice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.storage.CloseableIterator;
import io.delta.storage.LogStore;
import io.delta.storage.S3SingleDriverLogStore;
import io.sluice.testing.HttpFaults;
import io.sluice.testing.S3Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.s3a.RemoteFileChangedException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Delta's log on a real S3 server: races of processes, lost answers, answers that ask for more. */
class S3ConditionalLogStoreIT {

  @RegisterExtension static final S3Server S3 = S3Server.shared();

  private static final int PROCESSES = 3;
  private static final int COMMITS = 30;
  private static final String PUT_COMMIT = "^PUT .*/0+\\d\\.json ";

  private static Configuration hadoop;
  private static String bucket;

  @BeforeAll
  static void makeBucket() throws IOException {
    bucket = S3.newBucket();
    hadoop = S3.hadoop(bucket);
  }

  @Test
  void write_versionThatIsThere_isRefusedUnlessItIsToBeOverwritten() throws IOException {
    org.apache.hadoop.fs.Path commit = commit("plain", 0);
    LogStore store = new S3ConditionalLogStore(hadoop);
    store.write(commit, List.of("one", "two").iterator(), false, hadoop);

    assertThatThrownBy(() -> store.write(commit, List.of("three").iterator(), false, hadoop))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("0.json");
    assertThat(read(store, commit)).containsExactly("one", "two");

    store.write(commit, List.of("four").iterator(), true, hadoop);
    assertThat(read(store, commit)).containsExactly("four");
    assertThat(store.isPartialWriteVisible(commit, hadoop)).isFalse();
  }

  @Test
  void listFrom_aVersion_givesItAndTheLaterOnesInOrder() throws IOException {
    LogStore store = new S3ConditionalLogStore(hadoop);
    for (int version : List.of(12, 3, 10, 2)) {
      store.write(commit("list", version), List.of("x").iterator(), false, hadoop);
    }
    assertThat(names(store.listFrom(commit("list", 3), hadoop)))
        .containsExactly(
            "00000000000000000003.json", "00000000000000000010.json", "00000000000000000012.json");
    assertThat(names(store.listFrom(commit("list", 13), hadoop))).isEmpty();
    assertThatThrownBy(() -> store.listFrom(commit("nowhere", 0), hadoop))
        .isInstanceOf(java.io.FileNotFoundException.class);
  }

  /** With Delta's own store for S3 the same race loses commits, so that this test can fail. */
  @Test
  void write_threeProcessesAtOnce_loseNoCommit() throws Exception {
    List<Process> racers = new ArrayList<>();
    try {
      for (int i = 0; i < PROCESSES; i++) {
        racers.add(racer("racer-" + i));
      }
      Race conditional = race(racers, S3ConditionalLogStore.class, "conditional");
      assertThat(conditional.claims()).hasSize(PROCESSES * COMMITS);
      assertThat(conditional.conflicts()).isPositive();
      assertThat(files("conditional")).isEqualTo(conditional.claims());

      race(racers, S3SingleDriverLogStore.class, "single");
      assertThat(files("single")).hasSizeLessThan(PROCESSES * COMMITS);
    } finally {
      for (Process racer : racers) {
        racer.destroyForcibly().onExit().join();
      }
    }
  }

  @Test
  void write_answerOfTheServerLost_isKnownToBeDone() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      Configuration through = through(wire);
      org.apache.hadoop.fs.Path commit = commit("lost", 0);
      wire.loseAnswer(PUT_COMMIT);
      new S3ConditionalLogStore(through).write(commit, List.of("mine").iterator(), false, through);

      assertThat(read(new S3ConditionalLogStore(hadoop), commit)).containsExactly("mine");
      assertThat(wire.count(PUT_COMMIT)).isEqualTo(2);

      wire.loseAnswer(PUT_COMMIT);
      org.apache.hadoop.fs.Path bare = commit("lost", 1);
      assertThatThrownBy(() -> createWithoutId(bare, through))
          .isInstanceOf(RemoteFileChangedException.class);
    }
  }

  @Test
  void write_answerLostAndAnotherWasFirst_isAConflict() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      Configuration through = through(wire);
      org.apache.hadoop.fs.Path commit = commit("second", 0);
      new S3ConditionalLogStore(hadoop).write(commit, List.of("first").iterator(), false, hadoop);
      wire.loseAnswer(PUT_COMMIT);

      assertThatThrownBy(
              () ->
                  new S3ConditionalLogStore(through)
                      .write(commit, List.of("second").iterator(), false, through))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThat(read(new S3ConditionalLogStore(hadoop), commit)).containsExactly("first");
    }
  }

  @Test
  void write_storeAsksToRepeatOrIsBusy_isRepeated() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      Configuration through = through(wire);
      LogStore store = new S3ConditionalLogStore(through);
      for (int status : List.of(409, 500, 503)) {
        org.apache.hadoop.fs.Path commit = commit("busy-" + status, 0);
        // More than the client itself repeats.
        for (int i = 0; i < 5; i++) {
          wire.answer("^PUT .*/busy-" + status, status);
        }
        store.write(commit, List.of("after " + status).iterator(), false, through);

        assertThat(read(store, commit)).containsExactly("after " + status);
        assertThat(wire.count("^PUT .*/busy-" + status)).isEqualTo(6);
      }
    }
  }

  @Test
  void write_wrongSecret_isRefusedWithoutItAndWithoutRepeating() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      Configuration through = through(wire);
      through.set("fs.s3a.bucket." + bucket + ".secret.key", "a-wrong-secret");
      org.apache.hadoop.fs.Path commit = commit("forbidden", 0);

      assertThatThrownBy(
              () ->
                  new S3ConditionalLogStore(through)
                      .write(commit, List.of("x").iterator(), false, through))
          .isInstanceOf(AccessDeniedException.class)
          .satisfies(
              e ->
                  assertThat(org.apache.hadoop.util.StringUtils.stringifyException(e))
                      .doesNotContain("a-wrong-secret"));
      assertThat(wire.count(PUT_COMMIT)).isEqualTo(1);
    }
  }

  private static Configuration through(HttpFaults wire) {
    Configuration through = new Configuration();
    S3.hadoopSettings(bucket, wire.endpoint()).forEach(through::set);
    through.set("fs.s3a.impl.disable.cache", "true");
    through.set("fs.s3a.retry.throttle.limit", "1");
    through.set("fs.s3a.retry.throttle.interval", "10ms");
    through.set("fs.s3a.retry.limit", "1");
    return through;
  }

  private static void createWithoutId(org.apache.hadoop.fs.Path file, Configuration through)
      throws IOException {
    var builder = file.getFileSystem(through).createFile(file);
    builder.must("fs.option.create.conditional.overwrite", true);
    try (FSDataOutputStream out = builder.build()) {
      out.writeBytes("mine");
    }
  }

  private static org.apache.hadoop.fs.Path commit(String table, long version) {
    return new org.apache.hadoop.fs.Path(
        "s3a://%s/%s/_delta_log/%020d.json".formatted(bucket, table, version));
  }

  private static List<String> read(LogStore store, org.apache.hadoop.fs.Path file)
      throws IOException {
    List<String> lines = new ArrayList<>();
    try (CloseableIterator<String> all = store.read(file, store.initHadoopConf())) {
      all.forEachRemaining(lines::add);
    }
    return lines;
  }

  private static List<String> names(Iterator<FileStatus> files) {
    List<String> names = new ArrayList<>();
    files.forEachRemaining(file -> names.add(file.getPath().getName()));
    return names;
  }

  /** The commits that the processes take for their own, and how often another was first. */
  private record Race(Map<Long, String> claims, int conflicts) {}

  private static Process racer(String name) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                CommitRacer.class.getName(),
                name,
                Integer.toString(COMMITS)));
    S3.hadoopSettings(bucket).forEach((key, value) -> command.add(key + "=" + value));
    return new ProcessBuilder(command)
        .redirectError(S3.files(bucket).resolveSibling(name + ".log").toFile())
        .start();
  }

  private static Race race(List<Process> racers, Class<? extends LogStore> store, String table)
      throws IOException {
    for (Process racer : racers) {
      PrintWriter in = new PrintWriter(racer.outputWriter(StandardCharsets.UTF_8), true);
      in.println(store.getName() + " s3a://" + bucket + "/" + table + "/_delta_log");
    }
    Map<Long, String> claims = new TreeMap<>();
    int conflicts = 0;
    for (Process racer : racers) {
      BufferedReader out =
          new BufferedReader(new InputStreamReader(racer.getInputStream(), StandardCharsets.UTF_8));
      String line = out.readLine();
      while (line != null && !line.startsWith("done ")) {
        int space = line.indexOf(' ');
        claims.put(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
        line = out.readLine();
      }
      assertThat(line).as("a process of the race").isNotNull();
      conflicts += Integer.parseInt(line.substring(5));
    }
    return new Race(claims, conflicts);
  }

  private static Map<Long, String> files(String table) throws IOException {
    Map<Long, String> commits = new TreeMap<>();
    try (var files = Files.list(S3.files(bucket).resolve(table).resolve("_delta_log"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        commits.put(Long.parseLong(name.substring(0, 20)), Files.readString(file).strip());
      }
    }
    return commits;
  }
}
