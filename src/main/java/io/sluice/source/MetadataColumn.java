package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RawEntry;
import io.sluice.pulsar.SchemaCatalog;
import io.sluice.pulsar.SchemaRules;
import io.sluice.pulsar.TopicPartition;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.catalyst.util.ArrayBasedMapData;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

/**
 * What a row tells about its message. The first six have the names that pulsar-spark gives them.
 */
enum MetadataColumn {
  KEY("__key", DataTypes.BinaryType, "the message key"),
  TOPIC("__topic", DataTypes.StringType, "the topic, without the partition's suffix"),
  MESSAGE_ID("__messageId", DataTypes.BinaryType, "the message id in Pulsar's serial form"),
  PUBLISH_TIME("__publishTime", DataTypes.TimestampType, "when the producer sent it"),
  EVENT_TIME("__eventTime", DataTypes.TimestampType, "the producer's event time, null if none"),
  PROPERTIES(
      "__messageProperties",
      DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType),
      "the message's properties"),
  PARTITION("__partition", DataTypes.IntegerType, "the partition, -1 without partitions"),
  LEDGER_ID("__ledgerId", DataTypes.LongType, "the ledger of the message"),
  ENTRY_ID("__entryId", DataTypes.LongType, "the entry in the ledger"),
  BATCH_INDEX("__batchIndex", DataTypes.IntegerType, "the index in the batch, -1 without batch"),
  SCHEMA_VERSION(
      "__schemaVersion", DataTypes.LongType, "the writer's schema version, null if none"),
  ORDERING_KEY("__orderingKey", DataTypes.BinaryType, "the ordering key, null if none"),
  PRODUCER_NAME("__producerName", DataTypes.StringType, "the producer"),
  SEQUENCE_ID("__sequenceId", DataTypes.LongType, "the sequence id at the producer"),
  ERROR(
      "__error",
      new StructType()
          .add("class", DataTypes.StringType)
          .add("field", DataTypes.StringType)
          .add("message", DataTypes.StringType),
      "why the message cannot be decoded, null if it can: the kind of failure by a stable name, the"
          + " field, empty for the whole payload, and a sentence"),
  PAYLOAD("__payload", DataTypes.BinaryType, "the payload's bytes, unpacked and decrypted");

  private static final Set<MetadataColumn> PERMISSIVE_ONLY = EnumSet.of(ERROR, PAYLOAD);

  private final String columnName;
  private final DataType type;
  private final String doc;

  MetadataColumn(String columnName, DataType type, String doc) {
    this.columnName = columnName;
    this.type = type;
    this.doc = doc;
  }

  String columnName() {
    return columnName;
  }

  /** The metadata columns of a source's rows, in their order. */
  static MetadataColumn[] of(PulsarOptions options) {
    if (!options.includeMetadata()) {
      return new MetadataColumn[0];
    }
    boolean permissive = options.schemas().mode() == SchemaRules.Mode.PERMISSIVE;
    return Arrays.stream(values())
        .filter(column -> permissive || !PERMISSIVE_ONLY.contains(column))
        .toArray(MetadataColumn[]::new);
  }

  /** Whether a metadata column has this name, in any case. */
  static boolean isName(String name) {
    return Arrays.stream(values()).anyMatch(column -> column.columnName.equalsIgnoreCase(name));
  }

  /** This column as a part of a row. */
  StructField field() {
    return new StructField(columnName, type, true, Metadata.empty()).withComment(doc);
  }

  /**
   * The value for the message that the entry stands at, in Spark's internal form; of {@link
   * #ERROR}, the row itself knows.
   */
  @Nullable Object of(RawEntry entry, TopicPartition from, UTF8String topic) {
    return switch (this) {
      case KEY -> entry.key();
      case TOPIC -> topic;
      case MESSAGE_ID -> entry.messageId();
      case PUBLISH_TIME -> TimeUnit.MILLISECONDS.toMicros(entry.publishTimeMillis());
      case EVENT_TIME ->
          entry.eventTimeMillis() == 0
              ? null
              : TimeUnit.MILLISECONDS.toMicros(entry.eventTimeMillis());
      case PROPERTIES -> map(entry.properties());
      case PARTITION -> from.partition();
      case LEDGER_ID -> entry.ledger();
      case ENTRY_ID -> entry.entry();
      case BATCH_INDEX -> entry.batchIndex();
      case SCHEMA_VERSION -> {
        byte[] version = entry.schemaVersion();
        yield version == null ? null : SchemaCatalog.number(version);
      }
      case ORDERING_KEY -> entry.orderingKey();
      case PRODUCER_NAME -> UTF8String.fromString(entry.producerName());
      case SEQUENCE_ID -> entry.sequenceId();
      case ERROR -> throw new IllegalArgumentException("An entry knows of no error");
      case PAYLOAD ->
          entry.isNull()
              ? null
              : Arrays.copyOfRange(
                  entry.payload(),
                  entry.payloadOffset(),
                  entry.payloadOffset() + entry.payloadLength());
    };
  }

  private static ArrayBasedMapData map(Map<String, String> properties) {
    Object[] keys = new Object[properties.size()];
    Object[] values = new Object[properties.size()];
    int i = 0;
    for (Map.Entry<String, String> each : properties.entrySet()) {
      keys[i] = UTF8String.fromString(each.getKey());
      values[i] = UTF8String.fromString(each.getValue());
      i++;
    }
    return new ArrayBasedMapData(new GenericArrayData(keys), new GenericArrayData(values));
  }
}
