package io.sluice.source;

import io.sluice.pulsar.PulsarOptions;
import org.apache.spark.sql.connector.expressions.filter.Predicate;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.SupportsPushDownV2Filters;
import org.apache.spark.sql.types.StructType;

/**
 * Builds one read of a source. Conditions on {@code __topic} and {@code __partition} keep a batch
 * read from opening partitions that cannot have a row of the answer. Publish times are not used so:
 * they need not ascend, and a range of them would lose rows.
 */
public final class PulsarScanBuilder implements SupportsPushDownV2Filters {

  private final PulsarOptions options;
  private final StructType columns;
  private PartitionFilter filter = PartitionFilter.NONE;

  /**
   * Creates a builder.
   *
   * @param options the source's options
   * @param columns every column of a row
   */
  public PulsarScanBuilder(PulsarOptions options, StructType columns) {
    this.options = options;
    this.columns = columns;
  }

  /** Takes note of the conditions; all are given back, as rows must still be compared. */
  @Override
  public Predicate[] pushPredicates(Predicate[] predicates) {
    if (options.includeMetadata()) {
      filter = PartitionFilter.of(predicates);
    }
    return predicates.clone();
  }

  @Override
  public Predicate[] pushedPredicates() {
    return filter.conditions().toArray(Predicate[]::new);
  }

  @Override
  public Scan build() {
    return new PulsarScan(options, columns, filter);
  }
}
