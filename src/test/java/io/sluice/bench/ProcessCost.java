package io.sluice.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * What one measured piece of work cost this process.
 *
 * @param messages how many messages it took
 * @param seconds wall time
 * @param cpuSeconds CPU time of all threads, garbage collection and compilation included
 * @param heapMegabytes the sum of the heap pools' peaks, garbage included
 * @param residentMegabytes the peak of resident memory
 */
record ProcessCost(
    long messages, double seconds, double cpuSeconds, long heapMegabytes, long residentMegabytes) {

  private static final OperatingSystemMXBean SYSTEM =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  /** Runs the work, which tells how many messages it took. */
  static ProcessCost of(Callable<Long> work) throws Exception {
    System.gc();
    // Resets the peak of resident memory; see proc(5).
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    heap().forEach(MemoryPoolMXBean::resetPeakUsage);
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    long messages = work.call();
    double seconds = (System.nanoTime() - start) / 1e9;
    return new ProcessCost(
        messages,
        seconds,
        (SYSTEM.getProcessCpuTime() - cpu) / 1e9,
        heap().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum() >> 20,
        residentPeak());
  }

  /** Messages per second of wall time. */
  double rate() {
    return messages / seconds;
  }

  /** CPU seconds of this process per million messages. */
  double cpuPerMillion() {
    return cpuSeconds * 1e6 / messages;
  }

  private static Stream<MemoryPoolMXBean> heap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP);
  }

  private static long residentPeak() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
        .findFirst()
        .orElse(0);
  }
}
