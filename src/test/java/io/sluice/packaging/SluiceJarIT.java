package io.sluice.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SluiceJarIT {

  private static final Path JAR = Path.of("target", "sluice.jar");

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.secured();

  @Test
  void entries_packagesThatSparkBrings_areAbsent() throws IOException {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      assertThat(jar.stream().map(entry -> entry.getName()))
          .contains(
              "io/sluice/cli/Sluice.class",
              "io/delta/sql/DeltaSparkSessionExtension.class",
              "io/sluice/shaded/trino/jdbc/TrinoDriver.class")
          .noneMatch(name -> name.startsWith("io/trino/"))
          .noneMatch(name -> name.startsWith("scala/"))
          .noneMatch(name -> name.startsWith("org/slf4j/"))
          .noneMatch(name -> name.startsWith("org/apache/hadoop/"))
          .noneMatch(name -> name.startsWith("org/apache/logging/"))
          .noneMatch(name -> name.startsWith("com/fasterxml/jackson/core/"))
          .noneMatch(name -> name.startsWith("com/fasterxml/jackson/databind/"))
          .noneMatch(name -> name.startsWith("org/apache/spark/sql/SparkSession"))
          .noneMatch(name -> name.startsWith("org/apache/pulsar/"))
          .noneMatch(name -> name.matches("META-INF/.*\\.(SF|RSA|DSA)"));
    }
  }

  @Test
  void relocatedClient_tokenAndTls_readsEveryCompressionWithNativeCode() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                JAR + ":" + Files.readString(Path.of("target", "spark.classpath")),
                "src/test/resources/io/sluice/packaging/RelocatedClient.java",
                BROKER.server().serviceUrlTls(),
                BROKER.server().adminUrlTls(),
                BROKER.credentials().token("admin"),
                BROKER.credentials().trustCertificates().toString())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);

    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output.lines().toList())
        .containsAll(
            List.of(
                "NONE true",
                "LZ4 true",
                "ZLIB true",
                "ZSTD true",
                "SNAPPY true",
                "TRANSACTION true",
                "PUBLISHED_NAME true",
                "OPENSSL true",
                "EPOLL true"));
  }
}
