package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.SchemaRules;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaMapper;
import io.sluice.schema.VersionMerge;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Which columns a source has: the payload's, then the metadata's. */
public final class SourceSchema {

  private SourceSchema() {}

  /**
   * Columns made from the registry.
   *
   * @param columns every column of a row
   * @param registered the newest version of each topic that they were made from
   */
  public record Inferred(StructType columns, RegisteredSchemas registered) {}

  /** The columns of {@link #read}. */
  public static StructType infer(PulsarOptions options) {
    return read(options).columns();
  }

  /**
   * Asks the registry for the columns that the options' topics have: those of all versions of a
   * topic, so that older messages keep what newer versions have dropped.
   *
   * @throws SluiceException TOPIC_NOT_FOUND, NOT_AUTHORIZED or BROKER_UNREACHABLE if the topics
   *     cannot be asked, UNSUPPORTED_SCHEMA if their schemas do not make one table
   */
  public static Inferred read(PulsarOptions options) {
    try (Cluster cluster = Cluster.open(options.connection())) {
      TopicCatalog catalog =
          new TopicCatalog(
              cluster, options.topics(), options.discoveryInterval(), System::nanoTime);
      // Looking the partitions up first tells a missing topic from one without a schema.
      catalog.partitions();
      if (catalog.topics().isEmpty()) {
        throw TopicCatalog.nothingMatches(options.topics());
      }
      TopicSchema forced = forcedSchema(options.payload());
      if (forced != null) {
        return new Inferred(
            complete(options, SchemaMapper.payloadType(forced)), RegisteredSchemas.none());
      }
      Map<String, List<TopicSchema>> versions = SchemaCatalog.versions(cluster, catalog.topics());
      Map<String, StructType> byTopic = new TreeMap<>();
      Map<String, TopicSchema> newest = new TreeMap<>();
      versions.forEach(
          (topic, known) -> {
            byTopic.put(topic, payloadType(options, known, topic));
            if (!known.isEmpty()) {
              newest.put(topic, known.get(known.size() - 1));
            }
          });
      StructType columns =
          options.schemas().topics() == SchemaRules.Topics.MERGE
              ? TopicColumns.merged(byTopic)
              : TopicColumns.same(byTopic);
      return new Inferred(complete(options, columns), RegisteredSchemas.of(newest));
    }
  }

  /**
   * The columns of a source whose payload is to be decoded into these columns. The metadata's
   * columns at the end of {@code given} are those that the options ask for, whichever they were;
   * the column of rescued data comes before them.
   *
   * @param given the payload's columns, with or without the others behind them
   * @throws SluiceException UNSUPPORTED_SCHEMA if one before them has the name of one of the others
   */
  public static StructType complete(PulsarOptions options, StructType given) {
    StructField[] fields = given.asNullable().fields();
    int count = fields.length;
    while (options.includeMetadata()
        && count > 0
        && MetadataColumn.isName(fields[count - 1].name())) {
      count--;
    }
    StructField rescued = rescued(options);
    if (rescued != null && count > 0 && isSame(rescued, fields[count - 1])) {
      count--;
    }
    StructType columns = new StructType();
    for (int i = 0; i < count; i++) {
      String name = fields[i].name();
      refuseTaken(name, "Column '" + name + "' of the given schema", options);
      columns = columns.add(fields[i]);
    }
    if (rescued != null) {
      columns = columns.add(rescued);
    }
    for (MetadataColumn column : MetadataColumn.of(options)) {
      columns = columns.add(column.field());
    }
    return columns;
  }

  private static @Nullable StructField rescued(PulsarOptions options) {
    String name = options.schemas().rescuedColumn();
    if (name != null && options.includeMetadata() && MetadataColumn.isName(name)) {
      throw new SluiceException(
          Condition.INVALID_JOB,
          "Invalid rescuedDataColumn '"
              + name
              + "': a metadata column has this name. Choose another, or set includeMetadata=false");
    }
    return name == null
        ? null
        : new StructField(name, DataTypes.StringType, true, Metadata.empty())
            .withComment("what the other payload columns do not hold, as a JSON object");
  }

  private static boolean isSame(StructField rescued, StructField given) {
    return given.name().equalsIgnoreCase(rescued.name())
        && given.dataType().equals(rescued.dataType());
  }

  private static void refuseTaken(String name, String field, PulsarOptions options) {
    if (options.includeMetadata() && MetadataColumn.isName(name)) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          field + " has the name of a metadata column. Leave it out, or set includeMetadata=false");
    }
    if (name.equalsIgnoreCase(options.schemas().rescuedColumn())) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          field
              + " has the name that rescuedDataColumn gives. Choose another name for"
              + " rescuedDataColumn");
    }
  }

  /** These payload columns without the last, if that is the one of rescued data. */
  static StructType withoutRescued(StructType payload, PulsarOptions options) {
    return options.schemas().rescuedColumn() == null
        ? payload
        : new StructType(Arrays.copyOf(payload.fields(), payload.length() - 1));
  }

  /** The payload's columns of a source whose rows have these columns. */
  static StructType payloadOf(StructType columns, PulsarOptions options) {
    int count = columns.length() - MetadataColumn.of(options).length;
    return new StructType(Arrays.copyOf(columns.fields(), count));
  }

  /** The schema that an option puts in the place of the registry's, or null for none. */
  static @Nullable TopicSchema forcedSchema(PulsarOptions.Payload payload) {
    return switch (payload) {
      case AUTO -> null;
      case BYTES -> TopicSchema.none();
      case STRING -> TopicSchema.text();
    };
  }

  private static StructType payloadType(
      PulsarOptions options, List<TopicSchema> versions, String topic) {
    if (options.schemas().recursion() == SchemaRules.Recursion.FAIL) {
      versions.forEach(version -> refuseRecursion(version, topic));
    }
    StructType columns = VersionMerge.columns(versions);
    for (StructField field : columns.fields()) {
      refuseTaken(field.name(), "Field '" + field.name() + "' of " + topic, options);
    }
    return columns;
  }

  private static void refuseRecursion(TopicSchema version, String topic) {
    SchemaMapper.recursiveField(version)
        .ifPresent(
            field -> {
              throw new SluiceException(
                  Condition.UNSUPPORTED_SCHEMA,
                  "Field `%s` of version %d of %s is a record within itself, and a table's column cannot be. Set recursiveFields=json to have it as JSON text, or read the topic as bytes"
                      .formatted(field, version.version(), topic));
            });
  }
}
