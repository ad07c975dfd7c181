package io.sluice.runtime;

import io.sluice.delta.BatchCommit;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the topics of a job still have of what its table has read.
 *
 * @param plan the job
 */
record StoredTopics(JobPlan plan) {

  /**
   * What is gone, a sentence for each partition.
   *
   * @param commits the batches of the job, oldest first
   */
  List<String> gone(List<BatchCommit> commits) {
    PulsarOptions options = PulsarOptions.parse(plan.sourceOptions());
    List<String> gone = new ArrayList<>();
    try (Cluster cluster = Cluster.open(options.connection())) {
      var partitions =
          new TopicCatalog(cluster, options.topics(), options.discoveryInterval(), System::nanoTime)
              .partitions();
      new LedgerMap(cluster)
          .firstPositions(partitions, false)
          .forEach(
              (partition, first) ->
                  begin(commits, partition)
                      .filter(begin -> begin.isBefore(first))
                      .ifPresent(
                          begin ->
                              gone.add(
                                  "The topic %s begins at %s now; the table has read it from %s on, and what lay between is gone (retention)."
                                      .formatted(partition, first, begin))));
    }
    return gone;
  }

  /** Where the job has begun to read a partition; the end of its first batch, if nothing tells. */
  private static Optional<Pos> begin(List<BatchCommit> commits, TopicPartition partition) {
    for (BatchCommit commit : commits) {
      for (var positions : List.of(commit.range().from(), commit.range().to())) {
        Map<Integer, String> places =
            positions.byTopic().getOrDefault(partition.topic(), Collections.emptySortedMap());
        Pos place =
            Optional.ofNullable(places.get(partition.partition()))
                .map(Pos::parse)
                .orElse(Pos.EARLIEST);
        if (!place.isEarliest()) {
          return Optional.of(place);
        }
      }
    }
    return Optional.empty();
  }
}
