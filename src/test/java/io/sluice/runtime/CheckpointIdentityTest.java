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
    done(0);
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
  void successor_tableWithBatches_beginsWhereTheTableEndsInADirectoryOfItsOwn() throws IOException {
    begun(3);
    Epoch epoch = anew("e-2", newest("e-1", 7));

    assertThat(epoch.id()).isEqualTo("e-2");
    assertThat(epoch.previous()).isEqualTo("e-1");
    assertThat(epoch.start()).isEqualTo(TopicPositions.parse(at(8)));
    assertThat(checkpoint().resolve("offsets/3")).exists();
    assertThat(checkpoint().resolve("epochs/e-2/sluice.json")).exists();
    assertThat(identity("e-3", newest("e-2", Newest.NONE)).open()).isEqualTo(epoch);
  }

  @Test
  void open_driverLeftBehindHasGoneOn_goesOnInTheNewEpoch() throws IOException {
    begun(3);
    Epoch epoch = anew("e-2", newest("e-1", 3));
    logged(epoch, 0);
    logged(9);

    assertThat(identity("e-3", newest("e-2", 0)).open()).isEqualTo(epoch);
  }

  @Test
  void successor_checkpointIsDamaged_beginsAllTheSame() throws IOException {
    begun(3);
    Files.delete(checkpoint().resolve(".sluice.json.crc"));
    Files.writeString(checkpoint().resolve("sluice.json"), "{");
    refused(() -> identity("e-2", newest("e-1", 3)).open(), "is damaged", "--new-epoch");

    Epoch epoch = anew("e-2", newest("e-1", 3));

    assertThat(identity("e-3", newest("e-2", Newest.NONE)).open()).isEqualTo(epoch);
  }

  /** Sluice once moved the log of before aside and kept the new epoch in its place. */
  @Test
  void open_newEpochInThePlaceOfTheOneBefore_goesOnUnlessThatHasWrittenOn() throws IOException {
    Files.createDirectories(checkpoint());
    Files.writeString(
        checkpoint().resolve("sluice.json"),
        "{\"v\":1,\"epoch\":\"e-2\",\"job\":\"orders\",\"table\":\"/lake/orders\",\"topics\":\"t\","
            + "\"previous\":\"e-1\",\"start\":"
            + at(8)
            + "}");
    logged(0);

    assertThat(identity("e-3", newest("e-1", 7)).open().id()).isEqualTo("e-2");
    assertThat(identity("e-3", ended("e-1", 8)).open().id()).isEqualTo("e-2");
    assertThat(identity("e-3", newest("e-2", 0)).open().id()).isEqualTo("e-2");
    refused(
        () -> identity("e-3", newest("e-1", 8)).open(),
        "epoch e-2, while the table was last written in epoch e-1",
        "--new-epoch");
  }

  @Test
  void successor_historyGone_isRefusedWithTheManualWay() {
    Optional<Newest> forgotten = Optional.of(new Newest("e-1", 7, null));
    refused(
        () -> identity("e-2", forgotten).successor(), "no longer says up to where", "source.start");
  }

  @Test
  void open_tableSaysThatTheNewEpochGoesOn_goesOn() throws IOException {
    begun(3);
    Epoch epoch = anew("e-2", newest("e-1", 3));

    assertThat(identity("e-3", newest("e-2", Newest.NONE)).open()).isEqualTo(epoch);
    logged(epoch, 0);
    assertThat(identity("e-3", newest("e-2", Newest.NONE)).open()).isEqualTo(epoch);
  }

  @Test
  void open_batchDoneThatTheTableHasNot_isRefused() throws IOException {
    begun(3);
    done(3);
    refused(
        () -> identity("e-2", newest("e-1", 2)).open(),
        "at batch 3 and the table at batch 2. The table was put back",
        "--new-epoch");
  }

  @Test
  void open_batchesOfANewEpochThatTheTableHasNot_isRefused() throws IOException {
    begun(3);
    logged(anew("e-2", newest("e-1", 3)), 1);
    refused(
        () -> identity("e-3", newest("e-2", Newest.NONE)).open(),
        "at batch 1 and the table at batch none",
        "--new-epoch");
  }

  @Test
  void open_laterEpochsAndNoTable_isRefused() throws IOException {
    anew("e-2", newest("e-1", 3));
    refused(
        () -> identity("e-3", Optional.empty()).open(),
        "batches of more than one epoch, and the table /lake/orders has none of them",
        "deleting the checkpoint");
  }

  @Test
  void open_laterEpochOfAnotherJob_isRefusedOnlyWhereTheFirstIsNotOwn() throws IOException {
    anew("e-2", newest("e-1", 3));
    Path file = checkpoint().resolve("epochs/e-2/sluice.json");
    String text = Files.readString(file).replace("\"orders\"", "\"returns\"");
    Files.delete(file.resolveSibling(".sluice.json.crc"));
    Files.writeString(file, text);

    refused(
        () -> identity("e-3", Optional.empty()).open(),
        "it belongs to the job returns",
        "another directory");
    Files.writeString(checkpoint().resolve("sluice.json"), text.replace("returns", "orders"));
    assertThat(identity("e-3", Optional.empty()).open().id()).isEqualTo("e-2");
  }

  @Test
  void open_laterEpochThatWasLeftAsItIsDamaged_goesOn() throws IOException {
    begun(3);
    logged(anew("e-2", newest("e-1", 3)), 0);
    Path damaged = checkpoint().resolve("epochs/e-2");
    Files.delete(damaged.resolve(".sluice.json.crc"));
    Files.writeString(damaged.resolve("sluice.json"), "{");
    refused(() -> identity("e-3", newest("e-2", 0)).open(), "is damaged", "--new-epoch");

    Epoch epoch = anew("e-3", newest("e-2", 0));
    logged(epoch, 0);

    assertThat(identity("e-4", newest("e-3", 0)).open()).isEqualTo(epoch);
  }

  @Test
  void open_tableWasPutBackFromBeforeAnEpoch_isRefused() throws IOException {
    begun(3);
    logged(anew("e-2", newest("e-1", 3)), 0);
    refused(
        () -> identity("e-3", newest("e-1", 3)).open(),
        "the table ends in epoch e-1, and a later one has batches",
        "--new-epoch");
  }

  @Test
  void open_epochWasBegunAndTheTableDoesNotSaySo_goesOnInTheOneBefore() throws IOException {
    begun(3);
    anew("e-2", newest("e-1", 3));

    assertThat(identity("e-3", newest("e-1", 3)).open().id()).isEqualTo("e-1");
  }

  private Epoch anew(String id, Optional<Newest> newest) {
    Epoch epoch = identity(id, newest).successor();
    held().begin(epoch);
    return epoch;
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

  private void done(long batch) throws IOException {
    Files.createDirectories(checkpoint().resolve("commits"));
    Files.writeString(checkpoint().resolve("commits/" + batch), "v1\n{}");
  }

  private void logged(long last) throws IOException {
    logged(checkpoint(), last);
  }

  private void logged(Epoch epoch, long last) throws IOException {
    logged(checkpoint().resolve("epochs").resolve(epoch.id()), last);
  }

  private static void logged(Path log, long last) throws IOException {
    Files.createDirectories(log.resolve("offsets"));
    Files.writeString(log.resolve("metadata"), "{\"id\":\"q\"}");
    for (long batch = 0; batch <= last; batch++) {
      Files.writeString(log.resolve("offsets/" + batch), offsets(batch + 1));
    }
  }

  private CheckpointIdentity identity(String newId, Optional<Newest> newest) {
    return new CheckpointIdentity(JobPlannerTest.job(), held(), newest, () -> newId);
  }

  private Checkpoint held() {
    return new Checkpoint(checkpoint().toString(), new Configuration());
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

  /** What the table said of an epoch that has ended, when ends named no successor. */
  private static Optional<Newest> ended(String epoch, long at) {
    TopicPositions end = TopicPositions.parse(at(at));
    return Optional.of(
        new Newest(
            epoch,
            Long.MAX_VALUE,
            new CommitRange("orders", epoch, Long.MAX_VALUE, "0123456789abcdef", end, end)));
  }

  private static String offsets(long entry) {
    return "v1\n{\"batchWatermarkMs\":0}\n" + at(entry);
  }

  private static String at(long entry) {
    return "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:%d\"}}}".formatted(entry);
  }
}
