package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.CommitLedger;
import io.sluice.delta.DeltaTarget;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaMapper;
import io.sluice.spec.JobSpec;
import io.sluice.spec.TablePerTopic;
import io.sluice.transform.BadRecordFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** The schemas of a job's topics beside its table; asks, and changes nothing. */
public final class JobSchemas {

  private final JobPlan plan;
  private final SparkSession session;

  private JobSchemas(JobPlan plan, SparkSession session) {
    this.plan = plan;
    this.session = session;
  }

  /** The schemas of a job, on the Spark that this process finds or starts. */
  public static JobSchemas of(JobSpec job) {
    SparkSession spark = SparkSettings.spark();
    String warehouse = spark.conf().get("spark.sql.warehouse.dir");
    return new JobSchemas(JobPlanner.plan(job, warehouse), SparkSettings.forJob(spark));
  }

  /** The job itself, or, if it has a table for each topic, one for each topic there is now. */
  public static List<JobSpec> tables(JobSpec job) {
    Optional<TablePerTopic> perTopic = TablePerTopic.of(job);
    if (perTopic.isEmpty()) {
      return List.of(job);
    }
    try (TopicTables topics = TopicTables.open(perTopic.get())) {
      return topics.appeared().jobs();
    }
  }

  /**
   * One version of a topic's schema.
   *
   * @param topic the topic
   * @param number the registry's number
   * @param type how its payloads are encoded
   * @param changes what it changes of the version before it; all its columns in the first
   */
  public record Version(String topic, long number, String type, List<String> changes) {}

  /** Every registered version of every topic, in order. */
  public List<Version> versions() {
    PulsarOptions options = PulsarOptions.parse(plan.sourceOptions());
    try (Cluster cluster = Cluster.open(options.connection())) {
      List<String> topics =
          List.copyOf(
              new TopicCatalog(
                      cluster, options.topics(), options.discoveryInterval(), System::nanoTime)
                  .topics());
      List<Version> versions = new ArrayList<>();
      SchemaCatalog.versions(cluster, topics)
          .forEach((topic, schemas) -> versions.addAll(versions(topic, schemas)));
      return versions;
    }
  }

  private static List<Version> versions(String topic, List<TopicSchema> schemas) {
    List<Version> versions = new ArrayList<>();
    StructType before = new StructType();
    for (TopicSchema schema : schemas) {
      StructType columns = SchemaMapper.payloadType(schema).asNullable();
      versions.add(
          new Version(
              topic,
              schema.version(),
              String.valueOf(schema.type()),
              ColumnMerge.changes(before, columns)));
      before = columns;
    }
    return versions;
  }

  /** The columns of the table, {@code name TYPE} each; empty when there is no table yet. */
  public List<String> table() {
    return DeltaTarget.find(session, plan.spec().target())
        .map(table -> ColumnMerge.changes(new StructType(), table.columns(session)))
        .orElse(List.of())
        .stream()
        .map(line -> line.substring(2))
        .toList();
  }

  /**
   * What the table would get with the next batch; empty when nothing, or when there is no table.
   */
  public List<String> pending() {
    Optional<DeltaTarget> table = DeltaTarget.find(session, plan.spec().target());
    JobRows rows = rows();
    if (table.isEmpty() || !rows.hasRegisteredColumns()) {
      return List.of();
    }
    StructType columns = table.get().columns(session);
    PinnedColumns registered = rows.registered();
    PinnedColumns next =
        ColumnPlanner.next(
            pinned().orElse(null),
            registered.payload(),
            registered.schemas(),
            plan.spec().target().evolution());
    return ColumnMerge.changes(
        columns, ColumnMerge.of(columns, rows.columns(next).asNullable(), true));
  }

  /**
   * What a schema that is not registered yet would do to the table.
   *
   * @param definition an Avro schema, of a topic of type AVRO or JSON
   * @throws SluiceException UNSUPPORTED_SCHEMA if it is none, or cannot become columns
   */
  public List<SchemaEffect> check(String definition) {
    JobRows rows = rows();
    if (!rows.hasRegisteredColumns()) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "The job %s does not read by the topics' own schemas; source.format says otherwise. Nothing registered there changes its table."
              .formatted(plan.name()));
    }
    StructType candidate =
        SchemaMapper.payloadType(TopicSchema.unregistered(definition)).asNullable();
    StructType columns =
        pinned().map(PinnedColumns::payload).orElseGet(() -> rows.registered().payload());
    return SchemaEffect.of(
        columns, candidate, plan.spec().target().evolution(), rows.reaching(columns));
  }

  private Optional<PinnedColumns> pinned() {
    return new Checkpoint(plan.checkpoint(), session.sparkContext().hadoopConfiguration())
        .log(CommitLedger.newest(session, plan.spec().target(), plan.name()))
        .columns(Long.MAX_VALUE);
  }

  private JobRows rows() {
    return new JobRows(plan, session, new BadRecordFilter(session.sparkContext()));
  }
}
