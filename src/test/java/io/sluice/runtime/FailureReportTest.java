package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.net.ConnectException;
import java.util.List;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.spark.SparkException;
import org.apache.spark.sql.errors.QueryExecutionErrors;
import org.junit.jupiter.api.Test;

class FailureReportTest {

  @Test
  void of_namedFailureOfATask_isTakenAsItIs() {
    SluiceException lost = new SluiceException(Condition.DATA_LOSS, "entries are gone");
    assertThat(report(new SparkException("Job aborted", lost))).isSameAs(lost);
  }

  @Test
  void of_fullDisk_namesThePlaces() {
    SluiceException report =
        report(new SparkException("Job aborted", new IOException("No space left on device")));
    assertThat(report.condition()).isEqualTo(Condition.STORAGE_FAILED);
    assertThat(report).hasMessageContaining("Cannot write the table t or the checkpoint c");
  }

  @Test
  void of_refusedConnection_isAnUnreachableBroker() {
    SluiceException report =
        report(new RuntimeException(new ConnectException("Connection refused: h:6650")));
    assertThat(report.condition()).isEqualTo(Condition.BROKER_UNREACHABLE);
    assertThat(report)
        .hasMessageContaining("The job orders cannot connect: Connection refused: h:6650")
        .hasMessageContaining("goes on where it stopped");
  }

  /** Whichever comes first at a file of the checkpoint, Spark has a name of its own for it. */
  @Test
  void of_anotherQueryOnTheCheckpoint_isFenced() {
    var theirs = new FileAlreadyExistsException("commits/0 was written by another query");
    List<Throwable> failures =
        List.of(
            QueryExecutionErrors.concurrentStreamLogUpdate(7),
            QueryExecutionErrors.multiStreamingQueriesUsingPathConcurrentlyError("c", theirs));
    for (Throwable failure : failures) {
      SluiceException report = report(new SparkException("the query has ended", failure));
      assertThat(report.condition()).isEqualTo(Condition.FENCED);
      assertThat(report)
          .hasMessageContaining("Another running instance uses the checkpoint of the job orders");
    }
  }

  @Test
  void of_anythingElse_showsTheInnermostReason() {
    SluiceException report =
        report(new RuntimeException("outer", new IllegalStateException("the reason")));
    assertThat(report.condition()).isEqualTo(Condition.UNEXPECTED);
    assertThat(report)
        .hasMessageContaining("The job orders failed: the reason")
        .hasMessageContaining("--verbose");
  }

  @Test
  void of_causesInACircle_ends() {
    RuntimeException a = new RuntimeException("a");
    RuntimeException b = new RuntimeException("b", a);
    a.initCause(b);
    assertThat(report(a).condition()).isEqualTo(Condition.UNEXPECTED);
  }

  private static SluiceException report(Throwable failure) {
    return FailureReport.of(failure, "orders", "the table t or the checkpoint c");
  }
}
