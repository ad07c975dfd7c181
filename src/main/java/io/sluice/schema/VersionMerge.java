package io.sluice.schema;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/** The columns that hold the messages of every version of a topic's schema. */
public final class VersionMerge {

  private VersionMerge() {}

  /**
   * The payload columns of all versions, merged by name: the fields of the first version in their
   * order, then those that each later one adds. Of two types that no type holds both of, the newest
   * counts; an older version that cannot be mapped counts for nothing. Every field is nullable.
   *
   * @param versions in ascending order; none means a topic without a schema
   * @throws SluiceException UNSUPPORTED_SCHEMA if the newest cannot be mapped
   */
  public static StructType columns(List<TopicSchema> versions) {
    if (versions.isEmpty()) {
      return SchemaMapper.payloadType(TopicSchema.none()).asNullable();
    }
    TopicSchema newest = versions.get(versions.size() - 1);
    StructType columns = new StructType();
    for (TopicSchema version : versions) {
      try {
        columns = TypeMerge.columns(columns, SchemaMapper.payloadType(version));
      } catch (SluiceException failure) {
        if (version.equals(newest) || failure.condition() != Condition.UNSUPPORTED_SCHEMA) {
          throw failure;
        }
      }
    }
    return columns;
  }
}
