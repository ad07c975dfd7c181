package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each notebook runs on a lake that is not there yet and puts out what it has kept; with {@code
 * -Dsluice.regenerate=true} it keeps what it puts out.
 */
class NotebooksInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final Path NOTEBOOKS = Path.of("notebooks").toAbsolutePath();
  private static final Path JAR = Path.of("target", "sluice.jar");

  /** It has to start a broker of its own, as readers' notebooks do; others spare the time. */
  private static final String WITH_ITS_OWN_BROKER = "04-reading-a-topic.ipynb";

  /** To compile a plan takes longer than to run it over a few rows. */
  private static final String QUICKLY =
      "--conf spark.sql.codegen.wholeStage=false --conf spark.sql.codegen.factoryMode=NO_CODEGEN"
          + " --conf spark.ui.enabled=false";

  /** Fonts may be drawn a little differently elsewhere. */
  private static final double SAME_PICTURE = 0.01;

  private static Programs programs;

  @RegisterExtension final TempLake lake = new TempLake();

  @BeforeAll
  static void prepare() throws Exception {
    assertThat(JAR).as("the notebooks take it: build without -Dsluice.jar.skip").exists();
    programs = Programs.prepared("notebooks");
  }

  static List<Path> notebooks() throws IOException {
    try (Stream<Path> files = Files.list(NOTEBOOKS)) {
      return files.filter(file -> file.toString().endsWith(".ipynb")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void notebook_onANewLake_putsOutWhatItHasKept(Path notebook) throws Exception {
    Path executed = execute(notebook);
    if (Boolean.getBoolean("sluice.regenerate")) {
      Files.copy(executed, notebook, StandardCopyOption.REPLACE_EXISTING);
      return;
    }
    ExecutedNotebook kept = ExecutedNotebook.read(notebook);
    ExecutedNotebook anew = ExecutedNotebook.read(executed);
    assertThat(anew.cells())
        .as(
            "%s has to keep what it puts out; rewrite it, then look at the difference:%n"
                + "  mvn verify -Pinterop -Dit.test=NotebooksInteropIT -Dsluice.regenerate=true",
            notebook.getFileName())
        .isEqualTo(kept.cells());
    for (int at = 0; at < kept.pictures().size(); at++) {
      assertThat(ExecutedNotebook.difference(anew.pictures().get(at), kept.pictures().get(at)))
          .as("share of other pixels in picture %d of %s", at + 1, executed)
          .isLessThan(SAME_PICTURE);
    }
  }

  private Path execute(Path notebook) throws IOException, InterruptedException {
    Path executed = lake.path().resolve(notebook.getFileName());
    Map<String, String> environment = new HashMap<>();
    environment.put("PYTHONPATH", programs.notebooks().toString());
    environment.put("PYTHONDONTWRITEBYTECODE", "1");
    environment.put("LAKE", lake.path().toString());
    // The processes live for half a minute: much of what is compiled would never pay.
    environment.put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m");
    environment.put("SLUICE_SPARK_ARGS", QUICKLY);
    environment.put("PYSPARK_SUBMIT_ARGS", QUICKLY + " pyspark-shell");
    if (!notebook.endsWith(WITH_ITS_OWN_BROKER)) {
      environment.put("PULSAR_SERVICE_URL", BROKER.serviceUrl());
      environment.put("PULSAR_ADMIN_URL", BROKER.adminUrl());
    }
    ChildProcess.run(
        lake.path().resolve("notebook.out"),
        environment,
        List.of(
            "python3",
            Path.of("src", "test", "interop", "notebook.py").toString(),
            notebook.toString(),
            executed.toString()));
    return executed;
  }
}
