package io.sluice.source;

import io.sluice.pulsar.TopicPartition;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.ExecutorCacheTaskLocation;
import org.apache.spark.storage.BlockManagerId;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Sends a topic partition to the same executor batch after batch, where a reader may stand ready.
 *
 * <p>The executor is chosen by the highest random weight, so that one that comes or goes moves only
 * the partitions that it gains or had.
 *
 * @param executors the running executors, in Spark's form of a location
 */
record ExecutorChoice(List<String> executors) {

  /** The choice among the executors that run now; among none in local mode. */
  static ExecutorChoice amongRunning() {
    SparkEnv env = SparkEnv.get();
    if (env == null) {
      return new ExecutorChoice(List.of());
    }
    var blocks = env.blockManager();
    return new ExecutorChoice(
        CollectionConverters.asJava(blocks.master().getPeers(blocks.blockManagerId())).stream()
            .map(ExecutorChoice::location)
            .toList());
  }

  private static String location(BlockManagerId peer) {
    return new ExecutorCacheTaskLocation(peer.host(), peer.executorId()).toString();
  }

  /** The executor for a partition, as a list of one, or of none if there is no choice. */
  List<String> of(TopicPartition partition) {
    return executors.stream()
        .max(Comparator.comparingLong(executor -> weight(partition, executor)))
        .stream()
        .toList();
  }

  private static long weight(TopicPartition partition, String executor) {
    long seed = ((long) partition.fullName().hashCode() << 32) ^ executor.hashCode();
    return new SplittableRandom(seed).nextLong();
  }
}
