package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class KeyFactsIT {

  private static final String[] COLUMNS = {
    "CAST(id AS TINYINT) AS byte",
    "CAST(id AS SMALLINT) AS short",
    "CAST(id AS INT) AS int",
    "id AS long",
    "CAST(id AS DECIMAL(20, 0)) AS decimal",
    "date_add(DATE '1969-12-16', CAST(id AS INT)) AS date",
    "timestamp_micros(id * 1000001 - 15000000) AS timestamp",
    "CAST(id AS STRING) AS string",
    "named_struct('topic', 't', 'partition', 0, 'ledger', 1L, 'entry', id, 'batch_index', 0)"
        + " AS _position",
  };

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @Test
  void within_keysInTwoPlaces_leavesOutTheFilesBetween_exceptOfDecimals() {
    for (long first = 0; first < 40; first += 10) {
      rows(first, 10).write().format("delta").mode("append").save(lake.path("t"));
    }

    Column within =
        within("byte", 2)
            .and(within("short", 2))
            .and(within("int", 2))
            .and(within("long", 2))
            .and(within("date", 2))
            .and(within("timestamp", 2))
            .and(within("decimal", 3))
            .and(within("string", 4));

    assertThat(table().where(within).where("long IN (3, 4, 28, 29)").count()).isEqualTo(4);
  }

  /**
   * What rows with keys of a batch fulfil that has keys in the first and the third of the files.
   */
  private Column within(String key, int files) {
    Dataset<Row> batch = rows(3, 2).union(rows(28, 2));
    AutoCdcSpec spec =
        new AutoCdcSpec(
            List.of(key),
            List.of(),
            null,
            null,
            ColumnSelection.only(List.of()),
            ColumnSelection.all(),
            ScdType.ONE,
            ColumnSelection.all(),
            null,
            LateInserts.QUARANTINE);
    ChangeColumns columns = ChangeColumns.of(spec, batch.schema());

    KeyFacts facts = KeyFacts.of(KeyFacts.perKey(columns.ordered(batch), columns), columns);

    assertThat(table().where(facts.within()).inputFiles())
        .as("files for keys of type %s", key)
        .hasSize(files);
    return facts.within();
  }

  private Dataset<Row> table() {
    return spark.read().format("delta").load(lake.path("t")).as(MergeCommit.TABLE);
  }

  private Dataset<Row> rows(long first, long count) {
    return spark.range(first, first + count, 1, 1).selectExpr(COLUMNS);
  }
}
