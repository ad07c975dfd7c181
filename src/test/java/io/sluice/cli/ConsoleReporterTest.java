package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.runtime.BatchProgress;
import io.sluice.runtime.JobSummary;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleReporterTest {

  private final StringWriter out = new StringWriter();
  private final ConsoleReporter reporter =
      new ConsoleReporter(
          new PrintWriter(out),
          Clock.fixed(Instant.parse("2026-11-22T10:20:30.9Z"), ZoneOffset.UTC));

  @Test
  void batch_withLag_isOneReadableLine() {
    reporter.batch(
        new BatchProgress(
            "orders", 41, 12_000, 3, Duration.ofMillis(2400), 1234L, 3L << 20, 42, false));

    assertThat(out)
        .hasToString(
            "10:20:30  orders  batch 41  12,000 rows  3 undecodable  5,000 rows/s  lag 1,234 entries (3.0 MiB)  2.4 s  table version 42\n");
  }

  @Test
  void batch_replayedAndWithoutLag_saysSo() {
    reporter.batch(
        new BatchProgress("orders", 3, 10, 0, Duration.ofSeconds(1), null, null, 4, true));

    assertThat(out)
        .hasToString(
            "10:20:30  orders  batch 3  10 rows (already in the table)  10 rows/s  lag unknown  1.0 s  table version 4\n");
  }

  @Test
  void evolved_namesEachColumn() {
    reporter.evolved("orders", List.of("+ note STRING", "~ id INT -> BIGINT"));

    assertThat(out)
        .hasToString("10:20:30  orders  columns changed: + note STRING, ~ id INT -> BIGINT\n");
  }

  @Test
  void startedAgain_saysHowLongTheJobHasStood() {
    reporter.startedAgain("orders", Duration.ofMillis(1260));

    assertThat(out).hasToString("10:20:30  orders  goes on after 1.3 s\n");
  }

  @Test
  void ended_saysWhatTheRunDid() {
    reporter.ended(
        new JobSummary(
            "orders", "/lake/orders", "file:/lake/orders", 1200L, 1200, 34_000, 0, null));

    assertThat(out).hasToString("10:20:30  orders  ended: 34,000 rows in 1,200 batches\n");
  }
}
