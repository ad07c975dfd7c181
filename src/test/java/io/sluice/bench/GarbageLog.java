package io.sluice.bench;

import com.sun.management.GarbageCollectionNotificationInfo;
import com.sun.management.GcInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/**
 * What this process has allocated on the heap and how much of it outlived a collection, summed from
 * the collector's own reports.
 *
 * <p>Threads that ended count too, which a sum over the living threads' counters would miss. What
 * is allocated is known to about a megabyte.
 */
final class GarbageLog {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final List<GarbageCollectorMXBean> COLLECTORS =
      ManagementFactory.getGarbageCollectorMXBeans();
  private static final List<MemoryPoolMXBean> POOLS =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();
  private static final Set<String> POOL_NAMES =
      POOLS.stream().map(MemoryPoolMXBean::getName).collect(Collectors.toUnmodifiableSet());
  private static final GarbageLog LOG = new GarbageLog();

  private long reports;
  private long allocated;
  private long usedAfterLast;
  private long mostLive;

  private GarbageLog() {
    usedAfterLast = used();
    reports = collections();
    for (GarbageCollectorMXBean collector : COLLECTORS) {
      ((NotificationEmitter) collector).addNotificationListener(this::hear, null, null);
    }
  }

  /**
   * What a stretch of work has done to the heap.
   *
   * @param allocated bytes
   * @param mostLive the most bytes that were in use after a collection
   */
  record Heap(long allocated, long mostLive) {}

  /** The log of this process. */
  static GarbageLog ofThisProcess() {
    return LOG;
  }

  /** Collects all garbage and begins to count. */
  void begin() {
    System.gc();
    awaitReports();
    synchronized (this) {
      allocated = 0;
      mostLive = 0;
      usedAfterLast = used();
    }
  }

  /** What has happened since {@link #begin}; collects once more, to see what is live. */
  Heap end() {
    awaitReports();
    System.gc();
    awaitReports();
    synchronized (this) {
      return new Heap(allocated, mostLive);
    }
  }

  /** Bytes in use on the heap, garbage included. */
  static long used() {
    return POOLS.stream().mapToLong(pool -> pool.getUsage().getUsed()).sum();
  }

  private synchronized void hear(Notification notification, @Nullable Object unused) {
    if (!notification
        .getType()
        .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
      return;
    }
    GcInfo collection =
        GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData())
            .getGcInfo();
    allocated += used(collection.getMemoryUsageBeforeGc()) - usedAfterLast;
    usedAfterLast = used(collection.getMemoryUsageAfterGc());
    mostLive = Math.max(mostLive, usedAfterLast);
    reports++;
  }

  private static long used(Map<String, MemoryUsage> pools) {
    return pools.entrySet().stream()
        .filter(pool -> POOL_NAMES.contains(pool.getKey()))
        .mapToLong(pool -> pool.getValue().getUsed())
        .sum();
  }

  private static long collections() {
    return COLLECTORS.stream().mapToLong(GarbageCollectorMXBean::getCollectionCount).sum();
  }

  /** Reports come from a thread of their own, after the collection. */
  private void awaitReports() {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (heard() < collections()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the collector does not report");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  private synchronized long heard() {
    return reports;
  }
}
