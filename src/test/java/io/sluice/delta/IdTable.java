package io.sluice.delta;

import io.sluice.spec.TargetSpec;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** A table with one column, {@code id}, that the job {@code orders} writes. */
record IdTable(SparkSession spark, TargetSpec spec, DeltaTarget target) {

  static final String JOB = "orders";

  static IdTable open(SparkSession spark, String location) {
    TargetSpec spec = TargetSpec.of(location);
    return new IdTable(spark, spec, DeltaTarget.open(spark, spec, spark.range(0).toDF().schema()));
  }

  /** A batch of the job over the entries from one up to another. */
  static CommitRange batch(String epoch, long batch, long from, long to) {
    return new CommitRange(JOB, epoch, batch, "0123456789abcdef", at(from), at(to));
  }

  /** The position before an entry of a topic's only ledger. */
  static TopicPositions at(long entry) {
    return TopicPositions.parse(
        "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:%d\"}}}".formatted(entry));
  }

  Dataset<Row> rows(long first, long count) {
    return spark.range(first, first + count).toDF("id");
  }

  List<Long> ids() {
    return spark
        .read()
        .format("delta")
        .load(target.location())
        .orderBy("id")
        .as(Encoders.LONG())
        .collectAsList();
  }

  CommitLedger ledger() {
    return new CommitLedger(spark, target);
  }
}
