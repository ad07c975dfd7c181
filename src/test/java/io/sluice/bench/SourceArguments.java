package io.sluice.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.apache.pulsar.client.api.CompressionType;

/**
 * What {@code bench/source} is to measure; its {@code --help} has the meaning and the defaults.
 *
 * @param topics every combination of size, compression and partitions
 * @param ways the ways to read each topic; the plain reader is the first
 * @param messages how many messages a topic has at most
 * @param megabytes how much payload a topic has at most, in millions of bytes
 * @param turns how often each topic is read in each way
 */
record SourceArguments(
    List<BenchTopic> topics, List<ReadWay> ways, long messages, long megabytes, int turns) {

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if it is not one
   */
  static SourceArguments parse(String... arguments) {
    List<Integer> bytes = List.of(100, 1024);
    List<CompressionType> compressions = List.of(CompressionType.LZ4, CompressionType.ZSTD);
    List<Integer> partitions = List.of(1, 4, 16);
    List<ReadWay> ways = List.of(ReadWay.values());
    long messages = 1_000_000;
    long megabytes = 300;
    int turns = 3;
    for (var argument : pairs(arguments)) {
      String value = argument.getValue();
      switch (argument.getKey()) {
        case "--bytes" -> bytes = list(value, Integer::parseInt);
        case "--compression" -> compressions = list(value, CompressionType::valueOf);
        case "--partitions" -> partitions = list(value, Integer::parseInt);
        case "--ways" -> ways = list(value, ReadWay::valueOf);
        case "--messages" -> messages = Long.parseLong(value);
        case "--megabytes" -> megabytes = Long.parseLong(value);
        case "--turns" -> turns = Integer.parseInt(value);
        default -> throw unknown(argument.getKey());
      }
    }
    List<BenchTopic> topics = new ArrayList<>();
    for (int size : bytes) {
      for (CompressionType compression : compressions) {
        for (int count : partitions) {
          topics.add(new BenchTopic(size, compression, count));
        }
      }
    }
    return new SourceArguments(topics, ways, messages, megabytes, turns);
  }

  /** How many messages a topic has. */
  long messagesOf(BenchTopic topic) {
    return Math.min(messages, megabytes * 1_000_000 / topic.bytes());
  }

  /** The first topic of each message size. */
  List<BenchTopic> firstOfEachSize() {
    Map<Integer, BenchTopic> first = new LinkedHashMap<>();
    topics.forEach(topic -> first.putIfAbsent(topic.bytes(), topic));
    return List.copyOf(first.values());
  }

  /** The options of a command line with their values. */
  static List<Map.Entry<String, String>> pairs(String... arguments) {
    List<Map.Entry<String, String>> pairs = new ArrayList<>();
    for (int i = 0; i < arguments.length; i += 2) {
      if (i + 1 == arguments.length) {
        throw new IllegalArgumentException(arguments[i] + " lacks its value; see --help");
      }
      pairs.add(Map.entry(arguments[i], arguments[i + 1]));
    }
    return pairs;
  }

  /** An option that there is not. */
  static IllegalArgumentException unknown(String option) {
    return new IllegalArgumentException("unknown: " + option + "; see --help");
  }

  /** The values of an option that takes several. */
  static <T> List<T> list(String value, Function<String, T> each) {
    return Arrays.stream(value.toUpperCase(Locale.ROOT).split(",", -1)).map(each).toList();
  }
}
