package io.sluice.change;

import io.sluice.testing.SparkSessions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Messages as the rows that the source makes of them, without a broker. */
final class RawRows {

  private static final StructType RAW =
      new StructType()
          .add("value", DataTypes.BinaryType)
          .add("__key", DataTypes.BinaryType)
          .add("__topic", DataTypes.StringType)
          .add(
              "__messageProperties",
              DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType))
          .add("__schemaVersion", DataTypes.LongType)
          .add("__publishTime", DataTypes.TimestampType)
          .add("__entryId", DataTypes.LongType);

  private RawRows() {}

  /** A row for each message, in their order. */
  static Dataset<Row> of(List<RawMessage> messages) {
    List<WriterSchema> schemas = messages.stream().map(RawMessage::schema).distinct().toList();
    List<Row> rows = new ArrayList<>();
    for (RawMessage message : messages) {
      Map<String, String> properties = new HashMap<>();
      if (message.oldKey() != null) {
        properties.put("__debezium.oldkey", message.oldKey());
      }
      if (message.newKey() != null) {
        properties.put("__debezium.newkey", message.newKey());
      }
      rows.add(
          RowFactory.create(
              message.value(),
              message.key(),
              message.topic(),
              properties,
              message.schema().equals(WriterSchema.none())
                  ? null
                  : (long) schemas.indexOf(message.schema()),
              java.sql.Timestamp.from(Instant.EPOCH),
              (long) rows.size()));
    }
    return SparkSessions.local().createDataFrame(rows, RAW);
  }

  /** The schemas that the messages were written with, by the versions that the rows name. */
  static WriterSchemas registry(List<RawMessage> messages) {
    List<WriterSchema> schemas =
        List.copyOf(messages.stream().map(RawMessage::schema).distinct().toList());
    return (topic, version) -> schemas.get(version == null ? 0 : version.intValue());
  }
}
