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
import org.jspecify.annotations.Nullable;

/**
 * Makes {@code spark.read().format("pulsar")} and {@code spark.readStream().format("pulsar")} work.
 *
 * <p>Columns given with {@code .schema(...)} take the place of the registry's. Options may also be
 * set for a whole session as {@code spark.datasource.pulsar.OPTION}.
 */
public final class PulsarTableProvider
    implements TableProvider, DataSourceRegister, SessionConfigSupport {

  /** Spark asks one provider for the columns and for the table that has them. */
  private SourceSchema.@Nullable Inferred inferred;

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
    SourceSchema.Inferred made =
        SourceSchema.read(PulsarOptions.parse(options.asCaseSensitiveMap()));
    inferred = made;
    return made.columns();
  }

  @Override
  public boolean supportsExternalMetadata() {
    return true;
  }

  @Override
  public Table getTable(
      StructType schema, Transform[] partitioning, Map<String, String> properties) {
    PulsarOptions options = PulsarOptions.parse(properties);
    SourceSchema.Inferred made = inferred;
    if (made != null && made.columns().equals(schema) && options.schemas().accepted() == null) {
      options = options.accepting(made.registered());
    }
    return new PulsarTable(options, SourceSchema.complete(options, schema));
  }
}
