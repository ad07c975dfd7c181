package io.sluice.quickstart;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/**
 * What the quickstart reads back from the tables of the shop.
 *
 * @param rows the number of rows of each table
 * @param customers how many of the customers' versions hold now
 * @param history the versions of one customer, the oldest first
 */
public record ShopTables(Map<String, Long> rows, long customers, List<Version> history) {

  /** The customer with the longest history: changed, deleted, and there again. */
  public static final long CUSTOMER = 23;

  /**
   * A version of a customer.
   *
   * @param from the message that opened it: ledger, entry and index in the entry's batch
   * @param until the message that ended it, null while it holds
   * @param changed when the database wrote it, UTC
   */
  public record Version(
      String from,
      @Nullable String until,
      @Nullable String name,
      String tier,
      @Nullable BigDecimal credit,
      @Nullable Integer loyalty,
      String changed) {}

  /**
   * Reads tables with the Spark of this process.
   *
   * @param lake the directory of the tables
   * @param tables their paths in it
   * @param customers the one of them that has every version of the customers
   */
  public static ShopTables of(Path lake, List<String> tables, String customers) {
    Map<String, Long> rows = new TreeMap<>();
    tables.forEach(table -> rows.put(table, read(lake, table).count()));
    Dataset<Row> versions = read(lake, customers);
    List<Version> history =
        versions
            .where("customer_id = " + CUSTOMER)
            .orderBy("__START_AT")
            .selectExpr(
                position("__START_AT"),
                position("__END_AT"),
                // The column was renamed while the changes were recorded.
                "coalesce(name, full_name)",
                "tier",
                "credit",
                "loyalty",
                "date_format(changed_at, 'yyyy-MM-dd HH:mm:ss')")
            .collectAsList()
            .stream()
            .map(
                row ->
                    new Version(
                        row.getString(0),
                        row.getString(1),
                        row.getString(2),
                        row.getString(3),
                        row.getDecimal(4),
                        row.isNullAt(5) ? null : (Integer) row.getInt(5),
                        row.getString(6)))
            .toList();
    return new ShopTables(rows, versions.where("__END_AT IS NULL").count(), history);
  }

  private static Dataset<Row> read(Path lake, String table) {
    return SparkSession.builder()
        .getOrCreate()
        .read()
        .format("delta")
        .load(lake.resolve(table).toString());
  }

  private static String position(String column) {
    return "%1$s.ledger || ':' || %1$s.entry || ':' || %1$s.batch_index".formatted(column);
  }
}
