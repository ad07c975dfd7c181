package io.sluice.connector;

import io.sluice.pulsar.PulsarOptions;
import io.sluice.source.PulsarScanBuilder;
import java.util.Set;
import org.apache.spark.sql.connector.catalog.CatalogV2Util;
import org.apache.spark.sql.connector.catalog.Column;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** Topics as a table that can be read as a stream or as a batch. */
final class PulsarTable implements SupportsRead {

  private final PulsarOptions options;
  private final StructType columns;

  PulsarTable(PulsarOptions options, StructType columns) {
    this.options = options;
    this.columns = columns;
  }

  @Override
  public String name() {
    return options.toString();
  }

  @Override
  public Column[] columns() {
    return CatalogV2Util.structTypeToV2Columns(columns);
  }

  @Override
  public Set<TableCapability> capabilities() {
    return Set.of(TableCapability.BATCH_READ, TableCapability.MICRO_BATCH_READ);
  }

  @Override
  public ScanBuilder newScanBuilder(CaseInsensitiveStringMap scanOptions) {
    return new PulsarScanBuilder(options, columns);
  }
}
