package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.SparkCluster;
import io.sluice.testing.SparkHome;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The commands of pages that need servers of others are run as they stand. */
class PagesInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension static final S3Server S3 = S3Server.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void lakeOnS3_everyCommandOfThePage_printsWhatThePageShows() throws Exception {
    Programs programs = Programs.prepared("trino", "trino-cli", "python");
    String bucket = S3.newBucket();
    PageShell shell = PageShell.in(lake.path(), BROKER);
    shell.program("trino", "java -jar " + programs.trinoCli());
    try (TrinoServer trino =
        TrinoServer.start(programs, lake.path().resolve("trino-server"), lake.path(), S3, bucket)) {
      shell.environment().put("S3", S3.endpoint());
      shell.environment().put("BUCKET", bucket);
      shell.environment().put("AWS_ACCESS_KEY_ID", S3.accessKey());
      shell.environment().put("AWS_SECRET_ACCESS_KEY", S3.secretKey());
      shell.environment().put("TRINO", trino.address().toString());
      shell.type(Path.of("docs", "s3-and-trino.md"));
    }
  }

  @Test
  void airflow_everyCommandOfThePage_fillsTheTableHereAndByACluster() throws Exception {
    Programs programs = Programs.prepared("airflow");
    PageShell shell = PageShell.in(lake.path(), BROKER);
    SparkHome spark =
        SparkHome.ofSparkAlone(
            shell.home().resolve("airflow/spark/lib/python3.11/site-packages/pyspark"));
    spark.withLauncher();
    PageShell.script(
        shell.home().resolve("airflow/venv/bin/airflow"),
        "env PYTHONPATH='%s' python3 -m airflow".formatted(programs.airflow()));
    Path files = Files.createDirectory(lake.path().resolve("cluster"));
    try (SparkCluster cluster =
        SparkCluster.start(files, spark, new SparkCluster.Worker(1, "1g"), Map.of())) {
      shell.environment().put("MASTER", cluster.url());
      shell.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
      shell.environment().put("PYTHONDONTWRITEBYTECODE", "1");
      shell.type(Path.of("docs", "airflow.md"));
      assertThat(cluster.workers())
          .allSatisfy(worker -> assertThat(cluster.work(worker)).isNotEmptyDirectory());
    }
    List<Row> orders =
        SparkSessions.local()
            .read()
            .format("delta")
            .load(shell.home().resolve("lake/orders").toString())
            .select("id", "paid")
            .orderBy("id")
            .collectAsList();
    assertThat(orders).containsExactly(RowFactory.create(1L, true), RowFactory.create(2L, false));
  }
}
