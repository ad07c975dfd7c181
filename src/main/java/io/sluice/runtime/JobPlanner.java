package io.sluice.runtime;

import io.sluice.delta.TopicPositions;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.JobSpec;
import io.sluice.spec.PulsarSpec;
import io.sluice.spec.SourceSpec;
import io.sluice.spec.StartPosition;
import io.sluice.spec.TargetSpec;
import io.sluice.spec.TlsSpec;
import io.sluice.spec.TopicSelection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Turns a job as it is written into what Spark is to be told. */
final class JobPlanner {

  private static final String TOKEN_PLUGIN =
      "org.apache.pulsar.client.impl.auth.AuthenticationToken";

  private static final String NEW_PARTITIONS = "newPartitions";

  private JobPlanner() {}

  /**
   * The plan of a job.
   *
   * @param warehouse the directory of the catalog's tables, below which the checkpoints of catalog
   *     tables lie
   */
  static JobPlan plan(JobSpec job, String warehouse) {
    return new JobPlan(job, sourceOptions(job), checkpoint(job, warehouse));
  }

  /**
   * Beside the table rather than in it: VACUUM deletes what it does not know from a table's
   * directory.
   */
  private static String checkpoint(JobSpec job, String warehouse) {
    if (job.checkpoint() != null) {
      return job.checkpoint();
    }
    TargetSpec target = job.target();
    String lake = target.isPath() ? parent(target.table()) : strip(warehouse);
    return lake + "/_sluice/" + job.name() + "/checkpoint";
  }

  private static String parent(String path) {
    String table = strip(path);
    int slash = table.lastIndexOf('/');
    return slash < 0 ? "." : table.substring(0, slash);
  }

  private static String strip(String path) {
    return path.length() > 1 && path.endsWith("/")
        ? strip(path.substring(0, path.length() - 1))
        : path;
  }

  /** The options of Spark's {@code pulsar} source for a job; may hold a token. */
  static Map<String, String> sourceOptions(JobSpec job) {
    Map<String, String> options = new LinkedHashMap<>(job.source().options());
    connection(job.pulsar(), options);
    SourceSpec source = job.source();
    if (source.topics() instanceof TopicSelection.Named named) {
      options.put("topics", String.join(",", named.topics()));
    } else if (source.topics() instanceof TopicSelection.Matching matching) {
      options.put("topicsPattern", matching.pattern());
    }
    options.put("startingOffsets", start(source.start()));
    String subscription = source.subscription();
    options.put("subscription", subscription == null ? "sluice-" + job.name() : subscription);
    if (source.maxBytesPerBatch() != null) {
      options.put("maxBytesPerTrigger", source.maxBytesPerBatch().toString());
    }
    if (source.maxRowsPerBatch() != null) {
      options.put("maxRowsPerTrigger", source.maxRowsPerBatch().toString());
    }
    options.put(
        "payload",
        switch (source.format()) {
          case REGISTRY -> "auto";
          case JSON, TEXT -> "string";
          case BYTES, DEBEZIUM, CANAL, MAXWELL -> "bytes";
        });
    if (ordersByTopic(job)
        && options.keySet().stream().noneMatch(NEW_PARTITIONS::equalsIgnoreCase)) {
      options.put(NEW_PARTITIONS, "hold");
    }
    options.put("includeMetadata", "true");
    options.put("topicSchemas", "merge");
    options.put(
        "mode", source.badRecords().policy() == BadRecordPolicy.FAIL ? "FAILFAST" : "PERMISSIVE");
    return options;
  }

  /** Whether an event is later because its topic has it later. */
  private static boolean ordersByTopic(JobSpec job) {
    AutoCdcSpec merge = job.target().autoCdc();
    return merge != null && merge.sequenceBy().isEmpty();
  }

  private static void connection(PulsarSpec pulsar, Map<String, String> options) {
    pulsar
        .options()
        .forEach(
            (key, value) ->
                options.put(key.startsWith("pulsar.") ? key : "pulsar.client." + key, value));
    options.put("service.url", pulsar.serviceUrl());
    options.put("admin.url", pulsar.adminUrl());
    if (pulsar.token() != null) {
      both(options, "authPluginClassName", TOKEN_PLUGIN);
      both(options, "authParams", "token:" + pulsar.token().value());
    }
    TlsSpec tls = pulsar.tls();
    if (tls != null) {
      if (tls.trustCertsFile() != null) {
        both(options, "tlsTrustCertsFilePath", tls.trustCertsFile());
      }
      both(options, "tlsHostnameVerificationEnable", Boolean.toString(tls.verifyHostname()));
      both(options, "tlsAllowInsecureConnection", Boolean.toString(tls.allowInsecure()));
    }
  }

  private static void both(Map<String, String> options, String key, String value) {
    options.put("pulsar.client." + key, value);
    options.put("pulsar.admin." + key, value);
  }

  private static String start(StartPosition start) {
    if (start instanceof StartPosition.Earliest) {
      return "earliest";
    }
    if (start instanceof StartPosition.Latest) {
      return "latest";
    }
    SortedMap<String, SortedMap<Integer, String>> positions = new TreeMap<>();
    ((StartPosition.At) start)
        .positions()
        .forEach((topic, partitions) -> positions.put(topic, new TreeMap<>(partitions)));
    return new TopicPositions(positions).toJson();
  }
}
