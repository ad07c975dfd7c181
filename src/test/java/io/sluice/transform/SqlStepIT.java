package io.sluice.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.SourceMark;
import io.sluice.spec.TransformStep;
import io.sluice.testing.SparkSessions;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SqlStepIT {

  private final SparkSession spark = SparkSessions.local().newSession();
  private final Dataset<Row> rows = spark.range(3).selectExpr("id", "array(id, 9) AS list");

  @Test
  void apply_select_readsTheRowsSoFar() {
    Dataset<Row> doubled = SqlStep.apply(rows, sql("SELECT id * 2 AS id FROM input"));
    Dataset<Row> some = SqlStep.apply(doubled, sql("SELECT id + 1 AS n FROM input WHERE id > 0"));

    assertThat(some.collectAsList().stream().map(row -> row.getLong(0))).containsExactly(3L, 5L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WITH big AS (SELECT * FROM input WHERE id > 1) SELECT id FROM big",
        "SELECT id, x FROM input LATERAL VIEW explode(list) AS x",
        "SELECT id, x FROM input, LATERAL explode(list) AS t(x)",
        "SELECT id, current_timestamp() AS at FROM input",
        "FROM input |> WHERE id > 0 |> SELECT id"
      })
  void apply_anySelectOverInput_isTaken(String text) {
    assertThat(SqlStep.apply(rows, sql(text)).columns()[0]).isEqualTo("id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "DROP TABLE input|changes something",
        "INSERT INTO other SELECT * FROM input|changes something",
        "SET spark.sql.ansi.enabled=false|changes something",
        "SELECT reflect('java.lang.System', 'getenv', 'HOME') FROM input|calls arbitrary Java code",
        "SELECT id FROM input WHERE JAVA_METHOD('java.lang.System', 'lineSeparator') = ''|calls arbitrary Java code",
        "SELECT (SELECT max(try_reflect('a', 'b')) FROM input) FROM input|calls arbitrary Java code",
        "SELECT TRANSFORM(id) USING 'cat' AS id FROM input|runs a program",
        "SELECT * FROM csv.`/etc/passwd`|it reads `csv./etc/passwd`",
        "SELECT * FROM orders|it reads `orders`",
        "SELECT * FROM input WHERE id IN (SELECT id FROM customers)|it reads `customers`",
        "SELECT * FROM sql_keywords()|reads from the function sql_keywords",
        "SELECT rand() AS r FROM input|gives another answer each time",
        "SELECT uuid() AS u FROM input|gives another answer each time",
        "SELECT input_file_name() AS f FROM input|gives another answer each time"
      })
  void apply_whatAJobMustNotDo_isRefused(String text, String reason) {
    assertThatThrownBy(() -> SqlStep.apply(rows, sql(text)))
        .isInstanceOfSatisfying(
            SluiceException.class,
            e -> assertThat(e.condition()).isEqualTo(Condition.TRANSFORM_FAILED))
        .hasMessageContaining("jobs/orders.yaml:7:10: this step cannot run: ")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "SELECT a.* FROM input a JOIN input b ON a.value = b.value|it reads `input` twice",
        "SELECT * FROM input UNION ALL SELECT * FROM input|it reads `input` twice",
        "WITH a AS (SELECT * FROM input) SELECT x.* FROM a x JOIN a y ON x.value = y.value|it reads `input` twice",
        "SELECT * FROM input WHERE value IN (SELECT value FROM input)|not allowed in subquery",
        "SELECT value, count(*) AS n FROM input GROUP BY value|it aggregates rows of all batches",
        "SELECT DISTINCT value FROM input|it aggregates rows of all batches"
      })
  void apply_stepThatWouldRememberRowsOfAStream_isRefused(String text, String reason) {
    Dataset<Row> stream = spark.readStream().format("rate").load();

    assertThatThrownBy(() -> SqlStep.apply(stream, sql(text)))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("jobs/orders.yaml:7:10: this step cannot run: ")
        .hasMessageContaining(reason);
    SqlStep.apply(rows.selectExpr("id AS value"), sql(text));
  }

  @Test
  void apply_streamBesideRowsThatAreAlwaysTheSame_isTaken() {
    Dataset<Row> stream = spark.readStream().format("rate").load();

    Dataset<Row> named =
        SqlStep.apply(
            stream,
            sql(
                "SELECT i.value, n.name FROM input i JOIN VALUES (1, 'a') AS n(id, name) ON value = id"));

    assertThat(named.isStreaming()).isTrue();
  }

  @Test
  void apply_syntaxError_saysWhereInTheText() {
    assertThatThrownBy(() -> SqlStep.apply(rows, sql("SELECT id FORM input WHERE")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("jobs/orders.yaml:7:10")
        .hasMessageContaining("line 1, pos");
  }

  @Test
  void apply_twoStatements_isRefused() {
    assertThatThrownBy(() -> SqlStep.apply(rows, sql("SELECT 1; SELECT 2")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("jobs/orders.yaml:7:10");
  }

  @Test
  void apply_unknownColumn_suggestsTheNearOne() {
    assertThatThrownBy(() -> SqlStep.apply(rows, sql("SELECT idd FROM input")))
        .isInstanceOf(SluiceException.class)
        .hasMessageContaining("`idd`")
        .hasMessageContaining("`id`")
        .hasMessageContaining("line 1 pos 7");
  }

  @Test
  void apply_variable_isNotSubstituted() {
    assertThatThrownBy(
            () ->
                SqlStep.apply(
                    rows, sql("SELECT '${system:user.dir}' AS v, ${env:HOME} FROM input")))
        .isInstanceOf(SluiceException.class)
        .hasMessageNotContaining(System.getProperty("user.dir"));
  }

  private static TransformStep.Sql sql(String text) {
    return new TransformStep.Sql(text, new SourceMark("jobs/orders.yaml", 7, 10));
  }
}
