package io.sluice.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * What one measured piece of work cost this process and the broker's.
 *
 * @param messages how many messages it took
 * @param seconds wall time
 * @param cpuSeconds CPU time of all threads of this process, garbage collection and compilation
 *     included
 * @param brokerCpuSeconds CPU time of the broker's process
 * @param heap what happened on this process's heap
 * @param residentMegabytes the peak of this process's resident memory
 */
record ProcessCost(
    long messages,
    double seconds,
    double cpuSeconds,
    double brokerCpuSeconds,
    GarbageLog.Heap heap,
    long residentMegabytes) {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /**
   * Runs the work.
   *
   * @param broker the broker's process id
   * @param work tells how many messages it took
   */
  static ProcessCost of(long broker, Callable<Long> work) throws Exception {
    GarbageLog.ofThisProcess().begin();
    // Resets the peak of resident memory; see proc(5).
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    double brokerCpu = cpuOf(broker);
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    long messages = work.call();
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (SYSTEM.getProcessCpuTime() - cpu) / 1e9;
    double brokerCpuSeconds = cpuOf(broker) - brokerCpu;
    long residentMegabytes = residentPeak();
    return new ProcessCost(
        messages,
        seconds,
        cpuSeconds,
        brokerCpuSeconds,
        GarbageLog.ofThisProcess().end(),
        residentMegabytes);
  }

  /** Messages per second of wall time. */
  double rate() {
    return messages / seconds;
  }

  /** CPU seconds of this process per million messages. */
  double cpuPerMillion() {
    return cpuSeconds * 1e6 / messages;
  }

  /** CPU seconds of the broker per million messages. */
  double brokerCpuPerMillion() {
    return brokerCpuSeconds * 1e6 / messages;
  }

  /** Heap bytes that this process allocated per message. */
  double allocatedPerMessage() {
    return (double) heap.allocated() / messages;
  }

  /** The most megabytes that were in use after a collection. */
  double liveMegabytes() {
    return heap.mostLive() / 1048576.0;
  }

  private static double cpuOf(long process) {
    return ProcessHandle.of(process)
            .flatMap(handle -> handle.info().totalCpuDuration())
            .map(Duration::toMillis)
            .orElseThrow(() -> new IllegalStateException("no CPU time of process " + process))
        / 1e3;
  }

  private static long residentPeak() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(0);
  }
}
