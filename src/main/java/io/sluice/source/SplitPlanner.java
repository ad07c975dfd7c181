package io.sluice.source;

import io.sluice.pulsar.LedgerMap;
import io.sluice.pulsar.Pos;
import io.sluice.pulsar.Positions;
import io.sluice.pulsar.ReadRange;
import io.sluice.pulsar.TopicPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.connector.read.InputPartition;

/** Cuts the range of a batch into what single tasks read: one task per topic partition. */
record SplitPlanner(LedgerMap ledgers) {

  /** The tasks' ranges; together they are exactly the range from start to end. */
  InputPartition[] plan(Positions start, Positions end) {
    Map<TopicPartition, Pos> acrossLedgers = new TreeMap<>();
    List<ReadRange> ranges = new ArrayList<>();
    end.byPartition()
        .forEach(
            (partition, to) -> {
              Pos from = start.getOrEarliest(partition);
              // An end before the start means that the topic began anew and the user said to go on.
              Pos first = to.isBefore(from) ? Pos.EARLIEST : from;
              if (first.isBefore(to)) {
                ranges.add(new ReadRange(partition, first, to, List.of()));
                if (first.ledger() != to.ledger()) {
                  acrossLedgers.put(partition, to);
                }
              }
            });
    ledgers.know(acrossLedgers);
    return ranges.stream()
        .map(
            range ->
                acrossLedgers.containsKey(range.partition())
                    ? new ReadRange(
                        range.partition(),
                        range.start(),
                        range.end(),
                        ledgers.segments(range.partition(), range.start(), range.end()))
                    : range)
        .map(PulsarInputPartition::new)
        .toArray(InputPartition[]::new);
  }
}
