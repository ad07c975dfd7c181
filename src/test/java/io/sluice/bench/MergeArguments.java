package io.sluice.bench;

import java.util.List;

/**
 * What {@code bench/merge} is to measure; its {@code --help} has the meaning and the defaults.
 *
 * @param tables how many rows a table has before
 * @param batches how many events a batch has
 * @param keys where the keys of a batch lie
 * @param ways the ways to merge each batch
 * @param deletes how many of a hundred events delete
 * @param turns how many batches each way merges
 * @param fileRows how many rows a file of the table has before
 * @param shufflePartitions {@code spark.sql.shuffle.partitions}
 * @param deletionVectors whether the tables have deletion vectors
 */
record MergeArguments(
    List<Long> tables,
    List<Long> batches,
    List<KeyLocality> keys,
    List<MergeWay> ways,
    int deletes,
    int turns,
    long fileRows,
    int shufflePartitions,
    boolean deletionVectors) {

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is not one
   */
  static MergeArguments parse(String... arguments) {
    List<Long> tables = List.of(100_000L, 1_000_000L);
    List<Long> batches = List.of(1_000L, 10_000L, 100_000L);
    List<KeyLocality> keys = List.of(KeyLocality.values());
    List<MergeWay> ways = List.of(MergeWay.SLUICE, MergeWay.DOCUMENTED);
    int deletes = 0;
    int turns = 10;
    long fileRows = 100_000;
    int shufflePartitions = 200;
    boolean deletionVectors = false;
    for (var argument : SourceArguments.pairs(arguments)) {
      String value = argument.getValue();
      switch (argument.getKey()) {
        case "--tables" -> tables = SourceArguments.list(value, Long::parseLong);
        case "--batches" -> batches = SourceArguments.list(value, Long::parseLong);
        case "--keys" -> keys = SourceArguments.list(value, KeyLocality::valueOf);
        case "--ways" -> ways = SourceArguments.list(value, MergeWay::valueOf);
        case "--deletes" -> deletes = Integer.parseInt(value);
        case "--turns" -> turns = Integer.parseInt(value);
        case "--file-rows" -> fileRows = Long.parseLong(value);
        case "--shuffle" -> shufflePartitions = Integer.parseInt(value);
        case "--deletion-vectors" -> deletionVectors = Boolean.parseBoolean(value);
        default -> throw SourceArguments.unknown(argument.getKey());
      }
    }
    return new MergeArguments(
        tables, batches, keys, ways, deletes, turns, fileRows, shufflePartitions, deletionVectors);
  }
}
