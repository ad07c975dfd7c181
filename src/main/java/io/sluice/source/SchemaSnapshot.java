package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.pulsar.SchemaRules;
import io.sluice.pulsar.TopicSchema;
import io.sluice.schema.SchemaDifference;
import io.sluice.schema.SchemaMapper;
import java.io.Serializable;
import java.util.UUID;
import org.apache.spark.sql.types.StructType;

/**
 * What the driver knows of the registry when a batch is planned, for the batch's tasks.
 *
 * @param era changes when version numbers may mean other schemas than before
 * @param accepted the versions that were there when the columns were chosen
 * @param newest the newest versions that the driver has seen, {@link TopicSchema#NO_VERSION} of a
 *     topic without a schema; a topic that it has not asked for is left out
 * @param checked whether a later version may stop the query
 */
record SchemaSnapshot(
    String era, RegisteredSchemas accepted, RegisteredSchemas newest, boolean checked)
    implements Serializable {

  /** What tasks of a read need to know that no schema stops. */
  static SchemaSnapshot unchecked() {
    return new SchemaSnapshot(
        UUID.randomUUID().toString(), RegisteredSchemas.none(), RegisteredSchemas.none(), false);
  }

  /**
   * Refuses a version that the driver had not seen when it planned the batch, if it has a field
   * that would be lost.
   *
   * @param columns the payload's columns but that of rescued data
   * @throws SluiceException SCHEMA_CHANGED naming the fields
   */
  void check(SchemaRules rules, String topic, TopicSchema writer, StructType columns) {
    RegisteredSchemas.Version known = accepted.of(topic);
    if (!checked
        || writer.version() == TopicSchema.NO_VERSION
        || rules.stopOn() == SchemaRules.StopOn.NONE
        || (known != null && writer.version() <= known.version())) {
      return;
    }
    SchemaDifference difference =
        SchemaDifference.between(columns, SchemaMapper.payloadType(writer));
    if (loses(rules, difference)) {
      throw changed(
          "The columns of the query do not hold a message of "
              + topic
              + ": version "
              + writer.version()
              + " ("
              + difference
              + ").");
    }
  }

  private static boolean loses(SchemaRules rules, SchemaDifference difference) {
    return rules.rescuedColumn() == null && difference.addsFields();
  }

  /** Whether a version that differs so stops a stream. */
  static boolean stops(SchemaRules rules, SchemaDifference difference) {
    return switch (rules.stopOn()) {
      case NONE -> false;
      case NEW_FIELDS -> loses(rules, difference);
      case WIDER_TYPES -> loses(rules, difference) || difference.widens();
      case ANY -> !difference.changes().isEmpty();
    };
  }

  /** The failure that stops a query. */
  static SluiceException changed(String what) {
    return new SluiceException(
        Condition.SCHEMA_CHANGED,
        what
            + " Nothing of it was read; start the query again to take the new columns up, or set"
            + " stopOnSchemaChange=none to read the columns there are");
  }
}
