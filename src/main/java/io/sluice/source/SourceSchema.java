package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.Cluster;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.TopicCatalog;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaMapper;
import java.util.Arrays;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** Which columns a source has: the payload's, then the metadata's. */
public final class SourceSchema {

  private SourceSchema() {}

  /**
   * Asks the registry for the columns that the options' topics have.
   *
   * @throws SluiceException TOPIC_NOT_FOUND, NOT_AUTHORIZED or BROKER_UNREACHABLE if the topics
   *     cannot be asked, UNSUPPORTED_SCHEMA if their schemas do not make one table
   */
  public static StructType infer(PulsarOptions options) {
    try (Cluster cluster = Cluster.open(options.connection())) {
      TopicCatalog catalog =
          new TopicCatalog(
              cluster, options.topics(), options.discoveryInterval(), System::nanoTime);
      // Looking the partitions up first tells a missing topic from one without a schema.
      catalog.partitions();
      String firstTopic = null;
      StructType common = null;
      for (String topic : catalog.topics()) {
        TopicSchema forced = forcedSchema(options.payload());
        StructType type =
            payloadType(forced != null ? forced : SchemaCatalog.newest(cluster, topic), topic);
        if (common == null) {
          common = type;
          firstTopic = topic;
        } else if (!common.equals(type)) {
          throw new SluiceException(
              Condition.UNSUPPORTED_SCHEMA,
              "The topics of one source must have the same columns, but "
                  + firstTopic
                  + " has "
                  + common.simpleString()
                  + " and "
                  + topic
                  + " has "
                  + type.simpleString()
                  + ". Read them as separate sources, or with payload=bytes");
        }
      }
      if (common == null) {
        throw TopicCatalog.nothingMatches(options.topics());
      }
      return options.includeMetadata() ? MetadataColumn.addTo(common) : common;
    }
  }

  /** The payload's columns of a source whose rows have these columns. */
  static StructType payloadOf(StructType columns, boolean includeMetadata) {
    int count =
        includeMetadata ? columns.length() - MetadataColumn.values().length : columns.length();
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

  /** A message without a payload has null in every column, whatever its schema promises. */
  private static StructType payloadType(TopicSchema schema, String topic) {
    StructType nullable = new StructType();
    for (StructField field : SchemaMapper.payloadType(schema).fields()) {
      for (MetadataColumn column : MetadataColumn.values()) {
        if (column.columnName().equalsIgnoreCase(field.name())) {
          throw new SluiceException(
              Condition.UNSUPPORTED_SCHEMA,
              "Field '"
                  + field.name()
                  + "' of "
                  + topic
                  + " has the name of a metadata column. Set includeMetadata=false");
        }
      }
      nullable = nullable.add(field.name(), field.dataType(), true, field.metadata());
    }
    return nullable;
  }
}
