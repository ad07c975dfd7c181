package io.sluice.spec;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A job whose table's name has parts of the topic's name in it, {@code $1} for the first group of
 * the topics' pattern: such a job is one job of its own for each topic.
 */
public final class TablePerTopic {

  private static final Pattern REFERENCE = Pattern.compile("\\$([1-9])");
  private static final Pattern UNSAFE = Pattern.compile("[^A-Za-z0-9_.-]");

  private final JobSpec job;
  private final String prefix;
  private final Pattern rest;

  private TablePerTopic(JobSpec job, String pattern) {
    this.job = job;
    this.prefix = TopicNames.namespacePrefix(pattern);
    this.rest = Pattern.compile(pattern.substring(prefix.length()));
  }

  /** The job as one of a table per topic; empty if all its topics go to one table. */
  public static Optional<TablePerTopic> of(JobSpec job) {
    return job.source().topics() instanceof TopicSelection.Matching matching
            && highestGroup(job.target().table()) > 0
        ? Optional.of(new TablePerTopic(job, matching.pattern()))
        : Optional.empty();
  }

  /** The highest number that a text has behind a dollar sign, 0 for none. */
  static int highestGroup(@Nullable String text) {
    return text == null
        ? 0
        : REFERENCE.matcher(text).results().mapToInt(TablePerTopic::group).max().orElse(0);
  }

  private static int group(MatchResult reference) {
    return Integer.parseInt(reference.group(1));
  }

  /** The job as it was written. */
  public JobSpec whole() {
    return job;
  }

  /**
   * The job of one topic. Its name is the whole job's, a dot, and the parts of the topic's name
   * that the table's name has in it.
   *
   * @param topic the full name of a topic that the pattern matches
   */
  public JobSpec forTopic(String topic) {
    Matcher groups = rest.matcher(topic.substring(prefix.length()));
    if (!groups.matches()) {
      throw new IllegalArgumentException(topic + " does not match " + rest);
    }
    UnaryOperator<String> resolve =
        text ->
            REFERENCE
                .matcher(text)
                .replaceAll(
                    reference ->
                        Matcher.quoteReplacement(
                            Optional.ofNullable(groups.group(group(reference))).orElse("")));
    String suffix = suffix(groups);
    SourceSpec source = job.source();
    TargetSpec target = job.target();
    String table = resolve.apply(target.table());
    return new JobSpec(
        job.name() + "." + suffix,
        job.description(),
        job.pulsar(),
        new SourceSpec(
            new TopicSelection.Named(List.of(topic)),
            start(topic),
            source.subscription() == null ? "sluice-" + job.name() : source.subscription(),
            source.maxBytesPerBatch(),
            source.maxRowsPerBatch(),
            source.format(),
            source.schema(),
            source.debezium(),
            source.badRecords(),
            source.options()),
        job.transform(),
        target.at(table, resolve.apply(target.quarantine())),
        job.trigger(),
        job.checkpoint() == null ? null : job.checkpoint() + "/" + suffix,
        job.hash());
  }

  /** The parts of the topic's name that tell its table from others, fit for paths. */
  private String suffix(Matcher groups) {
    List<String> parts = new ArrayList<>();
    REFERENCE
        .matcher(job.target().table())
        .results()
        .mapToInt(TablePerTopic::group)
        .distinct()
        .forEach(group -> parts.add(Optional.ofNullable(groups.group(group)).orElse("")));
    String text = String.join(".", parts);
    String safe = UNSAFE.matcher(text).replaceAll("_");
    if (safe.equals(text)) {
      return text;
    }
    CRC32 checksum = new CRC32();
    checksum.update(text.getBytes(StandardCharsets.UTF_8));
    return safe + String.format(Locale.ROOT, "-%08x", checksum.getValue());
  }

  private StartPosition start(String topic) {
    if (!(job.source().start() instanceof StartPosition.At at)) {
      return job.source().start();
    }
    Map<String, Map<Integer, String>> own = new LinkedHashMap<>(at.positions());
    own.keySet().retainAll(List.of(topic));
    return own.isEmpty() ? new StartPosition.Earliest() : new StartPosition.At(own);
  }
}
