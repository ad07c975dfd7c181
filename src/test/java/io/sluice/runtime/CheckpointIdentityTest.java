package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.CommitLedger.Newest;
import io.sluice.delta.CommitRange;
import io.sluice.delta.TopicPositions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which checkpoint and table can fail to belong together, on real files. */
class CheckpointIdentityTest {

  @TempDir Path directory;

  @Test
  void open_firstRun_beginsAnEpochThatStays() throws IOException {
    Epoch epoch = identity("e-1", Optional.empty()).open();

    assertThat(epoch)
        .isEqualTo(
            new Epoch(
                "e-1",
                "orders",
                "/lake/orders",
                "persistent://t/n/a, persistent://t/n/b",
                null,
                null));
    assertThat(identity("e-2", Optional.empty()).open()).isEqualTo(epoch);
    assertThat(Files.readString(checkpoint().resolve("sluice.json")))
        .isEqualTo(
            "{\"v\":1,\"epoch\":\"e-1\",\"job\":\"orders\",\"table\":\"/lake/orders\",\"topics\":\"persistent://t/n/a, persistent://t/n/b\"}");
  }

  @Test
  void open_tableHoldsTheLastBatch_goesOn() throws IOException {
    begun(3);
    assertThat(identity("e-2", newest("e-1", 3)).open().id()).isEqualTo("e-1");
  }

  @Test
  void open_lastBatchNotInTheTableYet_goesOn() throws IOException {
    begun(3);
    assertThat(identity("e-2", newest("e-1", 2)).open().id()).isEqualTo("e-1");
  }

  @Test
  void open_firstBatchLoggedAndTableEmpty_goesOn() throws IOException {
    begun(0);
    assertThat(identity("e-2", Optional.empty()).open().id()).isEqualTo("e-1");
  }

  @Test
  void open_metadataMissing_isRefused() throws IOException {
    begun(3);
    Files.delete(checkpoint().resolve("metadata"));
    refused(
        () -> identity("e-2", newest("e-1", 3)).open(),
        "its file `metadata` is missing",
        "--new-epoch");
  }

  @Test
  void open_checkpointOfAnotherProgram_isRefused() throws IOException {
    begun(3);
    Files.delete(checkpoint().resolve("sluice.json"));
    refused(
        () -> identity("e-2", Optional.empty()).open(),
        "not begun by Sluice",
        "an empty directory");
  }

  @Test
  void open_checkpointDeletedAndTableHasBatches_isRefused() {
    refused(
        () -> identity("e-2", newest("e-1", 3)).open(),
        "the table has batches of this job up to 3",
        "--new-epoch");
  }

  @Test
  void open_checkpointOfAnotherJob_isRefused() throws IOException {
    begun(3);
    Path file = checkpoint().resolve("sluice.json");
    Files.delete(checkpoint().resolve(".sluice.json.crc"));
    Files.writeString(
        file, Files.readString(file).replace("\"job\":\"orders\"", "\"job\":\"returns\""));
    refused(
        () -> identity("e-2", newest("e-1", 3)).open(),
        "it belongs to the job returns with the table /lake/orders",
        "another directory");
  }

  @Test
  void open_tableOfANewerEpoch_isRefused() throws IOException {
    begun(3);
    refused(
        () -> identity("e-2", newest("e-9", 3)).open(),
        "epoch e-1, while the table was last written in epoch e-9",
        "--new-epoch");
  }

  @Test
  void open_tableDroppedAndCreatedAnew_isRefused() throws IOException {
    begun(3);
    refused(
        () -> identity("e-2", Optional.empty()).open(),
        "has batches up to 3, and the table /lake/orders has none of them",
        "deleting the checkpoint");
  }

  @Test
  void open_onlyBatchDoneAndTableDropped_isRefused() throws IOException {
    begun(0);
    Files.createDirectories(checkpoint().resolve("commits"));
    Files.writeString(checkpoint().resolve("commits/0"), "v1\n{}");
    refused(
        () -> identity("e-2", Optional.empty()).open(),
        "has batches up to 0, and the table /lake/orders has none of them",
        "deleting the checkpoint");
  }

  @Test
  void open_checkpointOlderThanTheTable_isRefused() throws IOException {
    begun(3);
    refused(
        () -> identity("e-2", newest("e-1", 7)).open(),
        "it ends at batch 3 and the table has batch 7",
        "--new-epoch");
  }

  @Test
  void open_tableOlderThanTheCheckpoint_isRefused() throws IOException {
    begun(3);
    refused(
        () -> identity("e-2", newest("e-1", 1)).open(),
        "at batch 3 and the table at batch 1",
        "--new-epoch");
  }

  @Test
  void open_batchOfOtherMessages_isRefused() throws IOException {
    begun(3);
    Files.writeString(checkpoint().resolve("offsets/3"), offsets(99));
    refused(
        () -> identity("e-2", newest("e-1", 3)).open(),
        "its batch 3 ends at " + at(99) + " and the table's at " + at(4),
        "--new-epoch");
  }

  @Test
  void open_damagedOffset_isRefused() throws IOException {
    begun(3);
    Files.writeString(checkpoint().resolve("offsets/3"), "v1\n");
    refused(() -> identity("e-2", newest("e-1", 3)).open(), "is damaged", "offsets/3");
  }

  @Test
  void openAnew_tableWithBatches_beginsWhereTheTableEndsAndKeepsTheOldAside() throws IOException {
    begun(3);
    Epoch epoch = identity("e-2", newest("e-1", 7)).openAnew();

    assertThat(epoch.id()).isEqualTo("e-2");
    assertThat(epoch.previous()).isEqualTo("e-1");
    assertThat(epoch.start()).isEqualTo(TopicPositions.parse(at(8)));
    assertThat(directory.resolve("checkpoint.before-e-2/offsets/3")).exists();
    assertThat(identity("e-3", newest("e-1", 7)).open()).isEqualTo(epoch);
  }

  @Test
  void open_driverDiedInTheFirstBatchOfANewEpoch_goesOn() throws IOException {
    begun(3);
    Epoch epoch = identity("e-2", newest("e-1", 7)).openAnew();
    logged(0);

    assertThat(identity("e-3", newest("e-1", 7)).open()).isEqualTo(epoch);
  }

  @Test
  void openAnew_historyGone_isRefusedWithTheManualWay() {
    Optional<Newest> forgotten = Optional.of(new Newest("e-1", 7, null));
    refused(
        () -> identity("e-2", forgotten).openAnew(), "no longer says up to where", "source.start");
  }

  private void refused(ThrowingCallable call, String reason, String wayOut) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.CHECKPOINT_MISMATCH))
        .hasMessageContaining(reason)
        .hasMessageContaining(wayOut);
  }

  /** A checkpoint of epoch e-1 with batches up to the given one. */
  private void begun(long last) throws IOException {
    identity("e-1", Optional.empty()).open();
    logged(last);
  }

  private void logged(long last) throws IOException {
    Files.writeString(checkpoint().resolve("metadata"), "{\"id\":\"q\"}");
    Files.createDirectories(checkpoint().resolve("offsets"));
    for (long batch = 0; batch <= last; batch++) {
      Files.writeString(checkpoint().resolve("offsets/" + batch), offsets(batch + 1));
    }
  }

  private CheckpointIdentity identity(String newId, Optional<Newest> newest) {
    CheckpointLog log = new CheckpointLog(checkpoint().toString(), new Configuration());
    return new CheckpointIdentity(JobPlannerTest.job(), log, newest, () -> newId);
  }

  private Path checkpoint() {
    return directory.resolve("checkpoint");
  }

  private static Optional<Newest> newest(String epoch, long batch) {
    CommitRange range =
        new CommitRange(
            "orders",
            epoch,
            batch,
            "0123456789abcdef",
            TopicPositions.parse(at(batch)),
            TopicPositions.parse(at(batch + 1)));
    return Optional.of(new Newest(epoch, batch, range));
  }

  private static String offsets(long entry) {
    return "v1\n{\"batchWatermarkMs\":0}\n" + at(entry);
  }

  private static String at(long entry) {
    return "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:%d\"}}}".formatted(entry);
  }
}
