package io.sluice.schema;

import java.io.StringWriter;
import java.time.ZoneOffset;
import java.util.Map;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.json.JSONOptions;
import org.apache.spark.sql.catalyst.json.JacksonGenerator;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Values of one Spark type as the JSON that Spark's {@code to_json} writes, in UTC.
 *
 * @param type of the values
 */
record ValueText(DataType type) {

  private static final String BEFORE = "{\"v\":";
  private static final String AFTER = "}";
  private static final String NOTHING = "{}";

  /**
   * The text of one value.
   *
   * @param value as a row of Spark holds it
   * @return null for null
   */
  @Nullable String of(@Nullable Object value) {
    InternalRow row = new GenericInternalRow(new Object[] {value});
    var text = new StringWriter();
    var json =
        new JacksonGenerator(
            new StructType().add("v", type),
            text,
            new JSONOptions(
                scala.collection.immutable.Map.from(CollectionConverters.asScala(Map.of())),
                ZoneOffset.UTC.getId(),
                ""));
    json.write(row);
    json.close();
    String whole = text.toString();
    return whole.equals(NOTHING)
        ? null
        : whole.substring(BEFORE.length(), whole.length() - AFTER.length());
  }
}
