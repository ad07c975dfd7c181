package io.sluice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.storage.S3SingleDriverLogStore;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.testing.HttpFaults;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkSessions;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.checkpointing.CheckpointFileManager;
import org.apache.spark.sql.execution.streaming.checkpointing.CheckpointFileManager.CancellableFSDataOutputStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What has to hold of a store and of the settings before a job writes to S3. */
class S3LakeIT {

  @RegisterExtension static final S3Server S3 = S3Server.shared();

  private static final String FILES_KEY = "spark.sql.streaming.checkpointFileManagerClass";

  private final SparkSession session = SparkSessions.local().newSession();
  private final Configuration hadoop = session.sparkContext().hadoopConfiguration();
  private String bucket = "";

  @BeforeEach
  void useOwnBucket() throws IOException {
    bucket = S3.newBucket();
    S3.hadoopSettings(bucket).forEach(hadoop::set);
  }

  @Test
  void prepare_storeThatKnowsConditions_isReadyTimeAndAgain() throws IOException {
    for (int i = 0; i < 2; i++) {
      S3Lake.prepare(session, place("lake/orders"), place("lake/_sluice/orders/checkpoint"));
    }
    assertThat(session.conf().get(FILES_KEY)).isEqualTo(S3CheckpointFiles.class.getName());
    assertThat(S3.files(bucket).resolve("lake/_sluice/orders/checkpoint/_conditional-writes"))
        .exists();
    assertThat(S3.files(bucket).resolve("lake/orders")).doesNotExist();
  }

  @Test
  void prepare_tableInAnotherBucket_isTriedToo() throws IOException {
    String other = S3.newBucket();
    S3.hadoopSettings(other).forEach(hadoop::set);
    S3Lake.prepare(session, "s3a://" + other + "/lake/orders", place("checkpoint"));
    assertThat(S3.files(other).resolve("lake/_sluice/_conditional-writes")).exists();
  }

  @Test
  void prepare_localLake_changesNothing() throws IOException {
    S3Lake.prepare(session, "/lake/orders", "/lake/_sluice/orders/checkpoint");
    assertThat(session.conf().getOption(FILES_KEY).isDefined()).isFalse();
  }

  @Test
  void prepare_storeThatIgnoresTheCondition_isRefused() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      through(wire);
      wire.answer("^PUT ", 200);
      wire.answer("^PUT ", 200);
      refused(this::prepare, "the store ignores the condition If-None-Match");
    }
  }

  @Test
  void prepare_storeThatDoesNotKnowTheCondition_isRefused() throws IOException {
    try (HttpFaults wire = HttpFaults.to(S3.endpoint())) {
      through(wire);
      wire.answer("^PUT ", 501);
      refused(this::prepare, "the store refuses conditional writes: status 501");
    }
  }

  @Test
  void prepare_settingsThatOverwrite_areRefused() {
    hadoop.set(key("performance.flags"), "create, mkdir");
    refused(this::prepare, "fs.s3a.performance.flags holds create or *");
  }

  @Test
  void prepare_conditionalWritesSwitchedOff_isRefused() {
    hadoop.set(key("create.conditional.enabled"), "false");
    refused(this::prepare, "fs.s3a.create.conditional.enabled is false");
  }

  @Test
  void prepare_anotherCheckpointFileManager_isRefused() {
    session.conf().set(FILES_KEY, "org.example.AbortableStreamBasedCheckpointFileManager");
    refused(this::prepare, FILES_KEY + " is set to org.example.AbortableStreamBased");
  }

  @Test
  void prepare_otherNamesOfS3_areRefused() {
    refused(() -> S3Lake.prepare(session, "s3://lake/orders", "/checkpoint"), "Name it s3a://");
  }

  @Test
  void prepare_clientOfS3Missing_saysWhatToAdd() {
    String implementation = hadoop.get("fs.s3a.impl");
    try {
      hadoop.set("fs.s3a.impl", "org.example.Missing");
      assertThatThrownBy(this::prepare)
          .isInstanceOfSatisfying(
              SluiceException.class,
              e -> assertThat(e.condition()).isEqualTo(Condition.STORAGE_FAILED))
          .hasMessageContaining("--packages org.apache.hadoop:hadoop-aws:3.4.2");
    } finally {
      hadoop.set("fs.s3a.impl", implementation);
    }
  }

  @Test
  void checkLogStore_anyOtherThanOurs_isRefused() {
    Path table = new Path("s3a://lake/orders");
    for (SparkConf bad :
        new SparkConf[] {
          conf(Map.of()),
          conf(Map.of("spark.delta.logStore.s3a.impl", S3SingleDriverLogStore.class.getName())),
          conf(Map.of("spark.delta.logStore.class", S3SingleDriverLogStore.class.getName())),
          conf(Map.of("spark.delta.logStore.s3a.impl", "org.example.Missing"))
        }) {
      refused(
          () -> S3Lake.checkLogStore(bad, table),
          "Set spark.delta.logStore.s3a.impl to " + S3ConditionalLogStore.class.getName());
    }
    assertThatCode(() -> S3Lake.checkLogStore(conf(S3Lake.settings(conf(Map.of()))), table))
        .doesNotThrowAnyException();
    assertThat(S3Lake.settings(conf(Map.of("delta.logStore.class", "org.example.Own")))).isEmpty();
  }

  @Test
  void createAtomic_fileThatIsThere_letsTheFirstStayUnlessToBeOverwritten() throws IOException {
    CheckpointFileManager files = new S3CheckpointFiles(new Path(place("cp")), hadoop);
    Path offsets = new Path(place("cp/offsets/0"));
    CancellableFSDataOutputStream first = files.createAtomic(offsets, false);
    CancellableFSDataOutputStream second = files.createAtomic(offsets, false);
    CancellableFSDataOutputStream cancelled = files.createAtomic(new Path(place("cp/x")), false);
    first.writeBytes("first");
    second.writeBytes("second");
    cancelled.writeBytes("never");

    assertThat(files.exists(offsets)).isFalse();
    first.close();
    assertThatThrownBy(second::close)
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessageContaining("offsets/0 was written by another query");
    cancelled.cancel();
    cancelled.close();

    assertThat(files.exists(new Path(place("cp/x")))).isFalse();
    assertThat(content("cp/offsets/0")).isEqualTo("first");
    try (CancellableFSDataOutputStream third = files.createAtomic(offsets, true)) {
      third.writeBytes("third");
    }
    assertThat(content("cp/offsets/0")).isEqualTo("third");
  }

  @Test
  void wholeFile_fileThatIsThere_staysUnlessReplaced() throws IOException {
    Path file = new Path(place("cp/sluice.json"));
    WholeFile.create(file, "first", hadoop);
    WholeFile.create(file, "second", hadoop);
    assertThat(content("cp/sluice.json")).isEqualTo("first");
    WholeFile.replace(file, "third", hadoop);
    assertThat(content("cp/sluice.json")).isEqualTo("third");
  }

  private void prepare() throws IOException {
    S3Lake.prepare(session, place("orders"), place("checkpoint"));
  }

  private void through(HttpFaults wire) {
    S3.hadoopSettings(bucket, wire.endpoint()).forEach(hadoop::set);
  }

  private String key(String name) {
    return "fs.s3a.bucket." + bucket + "." + name;
  }

  private String place(String name) {
    return "s3a://" + bucket + "/" + name;
  }

  private String content(String name) throws IOException {
    return Files.readString(S3.files(bucket).resolve(name));
  }

  private static SparkConf conf(Map<String, String> settings) {
    SparkConf conf = new SparkConf(false);
    settings.forEach(conf::set);
    return conf;
  }

  private static void refused(ThrowingCallable call, String reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).as("%s", e).isEqualTo(Condition.UNSAFE_STORAGE))
        .hasMessageContaining(reason);
  }
}
