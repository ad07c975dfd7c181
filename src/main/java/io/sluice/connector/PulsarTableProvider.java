package io.sluice.connector;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.source.SourceSchema;
import java.util.Map;
import org.apache.spark.sql.connector.catalog.SessionConfigSupport;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.sources.DataSourceRegister;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * Makes {@code spark.read().format("pulsar")} and {@code spark.readStream().format("pulsar")} work.
 *
 * <p>Options may also be set for a whole session as {@code spark.datasource.pulsar.OPTION}.
 */
public final class PulsarTableProvider
    implements TableProvider, DataSourceRegister, SessionConfigSupport {

  @Override
  public String shortName() {
    return "pulsar";
  }

  @Override
  public String keyPrefix() {
    return "pulsar";
  }

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return SourceSchema.infer(PulsarOptions.parse(options.asCaseSensitiveMap()));
  }

  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    return new PulsarTable(PulsarOptions.parse(properties), schema);
  }
}
