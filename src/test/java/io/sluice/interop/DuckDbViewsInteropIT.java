package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.Answer;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What {@code sluice register} prints for DuckDB makes views of the tables, whatever their names.
 */
class DuckDbViewsInteropIT {

  private static final String ODD = "it's \"ü-世\" #1?";

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = SparkSessions.local();

  @Test
  void script_printed_makesViewsThatReadTheTables() throws Exception {
    Programs programs = Programs.prepared("python");
    spark.range(3).write().format("delta").save(lake.path("plain"));
    spark.range(4).write().format("delta").save(lake.path(ODD));

    Answer answer =
        Answer.to(
            "register", lake.path("plain"), lake.path(ODD), "--engine=duckdb", "--schema=my shop");

    assertThat(answer.exitCode()).as(answer.err()).isZero();
    assertThat(answer.out()).startsWith("INSTALL delta;\nLOAD delta;\n");
    Path script = Files.writeString(lake.path().resolve("views.sql"), answer.out());
    String counts =
        programs.python(
            lake.path().resolve("views.out"),
            "views.py",
            script.toString(),
            "SELECT (SELECT count(*) FROM \"my shop\".plain), (SELECT count(*) FROM \"my shop\".\"%s\")"
                .formatted(ODD.replace("\"", "\"\"")));
    assertThat(counts).isEqualTo("3 4\n");
  }
}
