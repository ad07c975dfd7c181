package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TablePerTopic;
import io.sluice.spec.TriggerSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The topics of a job with a table for each topic, as they appear. */
final class TopicTables implements AutoCloseable {

  private final TablePerTopic job;
  private final Cluster cluster;
  private final TopicCatalog catalog;
  private final Map<String, JobSpec> byTopic = new HashMap<>();
  private final Map<String, String> topicOfTable = new HashMap<>();

  private TopicTables(TablePerTopic job, Cluster cluster, TopicCatalog catalog) {
    this.job = job;
    this.cluster = cluster;
    this.catalog = catalog;
  }

  /** Connects to the job's cluster; nothing is looked up yet. */
  static TopicTables open(TablePerTopic job) {
    PulsarOptions options = PulsarOptions.parse(JobPlanner.sourceOptions(job.whole()));
    Cluster cluster = Cluster.open(options.connection());
    return new TopicTables(
        job,
        cluster,
        new TopicCatalog(cluster, options.topics(), options.discoveryInterval(), System::nanoTime));
  }

  /** The whole job's name. */
  String name() {
    return job.whole().name();
  }

  /** Whether topics that appear later belong to it. */
  boolean isContinuous() {
    return job.whole().trigger() instanceof TriggerSpec.Every;
  }

  /**
   * Topics that were not there when last asked.
   *
   * @param jobs one for each of them
   * @param refused why others of them get no table
   */
  record Appeared(List<JobSpec> jobs, List<SluiceException> refused) {}

  /**
   * The topics that were not there when last asked; the broker is asked at most once in the
   * source's {@code partitionDiscoveryIntervalMs}.
   *
   * @throws SluiceException if the topics cannot be looked up
   */
  Appeared appeared() {
    Appeared appeared = new Appeared(new ArrayList<>(), new ArrayList<>());
    for (String topic : catalog.topics()) {
      if (byTopic.containsKey(topic)) {
        continue;
      }
      JobSpec own = job.forTopic(topic);
      byTopic.put(topic, own);
      String table = own.target().table();
      String other = topicOfTable.putIfAbsent(table, topic);
      if (other == null) {
        appeared.jobs.add(own);
      } else {
        appeared.refused.add(
            new SluiceException(
                Condition.INVALID_JOB,
                "The topics %s and %s of the job %s would have one table, %s; the second is not read. Take more of the topic's name into target.table, or read it by a job of its own."
                    .formatted(other, topic, name(), table)));
      }
    }
    return appeared;
  }

  @Override
  public void close() {
    cluster.close();
  }
}
