package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import org.apache.hadoop.fs.s3a.UnknownStoreException;
import org.junit.jupiter.api.Test;

class StorageFailureTest {

  @Test
  void find_fullDiskDeepInTheCauses_saysWhereAndWhatToDo() {
    Exception failure =
        new IllegalStateException(
            "Job aborted", new RuntimeException(new IOException("No space left on device")));
    assertThat(StorageFailure.find(failure, "the table orders at /lake/orders"))
        .hasValueSatisfying(
            e -> {
              assertThat(e.condition()).isEqualTo(Condition.STORAGE_FAILED);
              assertThat(e)
                  .hasMessageContaining("Cannot write the table orders at /lake/orders")
                  .hasMessageContaining("the storage is full")
                  .hasMessageContaining("No space left on device")
                  .hasMessageContaining("Free space, then start the job again")
                  .hasCause(failure);
            });
  }

  @Test
  void find_noPermission_asksForWriteAccess() {
    assertThat(StorageFailure.find(new AccessDeniedException("/lake/orders/_delta_log"), "it"))
        .hasValueSatisfying(
            e ->
                assertThat(e)
                    .hasMessageContaining("writing is not permitted")
                    .hasMessageContaining("/lake/orders/_delta_log")
                    .hasMessageContaining("write access"));
  }

  @Test
  void find_objectStoreAnswersWithAFailure_isTheStorages() {
    assertThat(
            StorageFailure.find(
                new UnknownStoreException("s3a://lake/", "Bucket does not exist"), "it"))
        .hasValueSatisfying(
            e ->
                assertThat(e)
                    .hasMessageContaining("the object store fails")
                    .hasMessageContaining("Bucket does not exist")
                    .hasMessageContaining("endpoint, region, bucket and credentials"));
  }

  @Test
  void find_anythingElse_isEmpty() {
    assertThat(StorageFailure.find(new IOException("Connection reset"), "it")).isEmpty();
  }
}
