package io.sluice.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The results of {@code bench/source} as Markdown: medians of the turns and their ratios to the
 * plain reader's.
 */
final class SourceReport {

  private static final double NONE = Double.NaN;

  private final Map<BenchTopic, Map<ReadWay, List<ProcessCost>>> costs;

  /**
   * Creates the report.
   *
   * @param costs of each turn, by topic and way
   */
  SourceReport(Map<BenchTopic, Map<ReadWay, List<ProcessCost>>> costs) {
    this.costs = new LinkedHashMap<>(costs);
  }

  /** Prints a table of all topics, then one of the ratios over all topics. */
  void print(PrintStream out) {
    out.println(
        "| bytes | compression | partitions | read by | messages/s | rate | CPU s per million |"
            + " CPU | broker's CPU s per million | allocated B per message | live heap MB |"
            + " peak resident MB |");
    out.println("|---|---|---|---|---|---|---|---|---|---|---|---|");
    costs.forEach(
        (topic, ways) ->
            ways.forEach(
                (way, turns) ->
                    out.printf(
                        "| %,d | %s | %d | %s | %,.0f | %s | %.2f | %s | %.2f | %,.0f | %,.0f |"
                            + " %,.0f |%n",
                        topic.bytes(),
                        topic.compression(),
                        topic.partitions(),
                        way.title(),
                        median(turns, ProcessCost::rate),
                        number(ratio(ways, turns, ProcessCost::rate)),
                        median(turns, ProcessCost::cpuPerMillion),
                        number(ratio(ways, turns, ProcessCost::cpuPerMillion)),
                        median(turns, ProcessCost::brokerCpuPerMillion),
                        median(turns, ProcessCost::allocatedPerMessage),
                        median(turns, ProcessCost::liveMegabytes),
                        median(turns, ProcessCost::residentMegabytes))));
    out.println();
    out.println(
        "| of the plain reader's | rate: lowest | median | highest | CPU: lowest | median |"
            + " highest |");
    out.println("|---|---|---|---|---|---|---|");
    Map<ReadWay, List<double[]>> ratios = new EnumMap<>(ReadWay.class);
    for (var ways : costs.values()) {
      ways.forEach(
          (way, turns) ->
              ratios
                  .computeIfAbsent(way, key -> new ArrayList<>())
                  .add(
                      new double[] {
                        ratio(ways, turns, ProcessCost::rate),
                        ratio(ways, turns, ProcessCost::cpuPerMillion)
                      }));
    }
    ratios.forEach(
        (way, all) -> {
          double[] rates = all.stream().mapToDouble(each -> each[0]).sorted().toArray();
          double[] cpus = all.stream().mapToDouble(each -> each[1]).sorted().toArray();
          out.printf(
              "| %s | %s | %s | %s | %s | %s | %s |%n",
              way.title(),
              number(rates[0]),
              number(middle(rates)),
              number(rates[rates.length - 1]),
              number(cpus[0]),
              number(middle(cpus)),
              number(cpus[cpus.length - 1]));
        });
  }

  private static double ratio(
      Map<ReadWay, List<ProcessCost>> ways,
      List<ProcessCost> turns,
      ToDoubleFunction<ProcessCost> figure) {
    List<ProcessCost> reader = ways.get(ReadWay.READER);
    return reader == null ? NONE : median(turns, figure) / median(reader, figure);
  }

  private static String number(double ratio) {
    return Double.isNaN(ratio) ? "" : "%.2f".formatted(ratio);
  }

  private static double median(List<ProcessCost> turns, ToDoubleFunction<ProcessCost> figure) {
    return middle(turns.stream().mapToDouble(figure).sorted().toArray());
  }

  private static double middle(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
