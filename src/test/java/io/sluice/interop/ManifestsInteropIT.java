package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.Condition;
import io.sluice.spec.Environment;
import io.sluice.spec.JobSpec;
import io.sluice.spec.JobSpecParser;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The manifests of {@code conf/k8s} are what a cluster takes: by the schemas of Kubernetes and by
 * the definitions of Kubeflow's operator. Those of Apache's operator are in no registry of
 * packages.
 */
class ManifestsInteropIT {

  private static final Path MANIFESTS = Path.of("conf", "k8s");
  private static final String UNKNOWN =
      "conf/k8s/apache/stream.yaml: not checked: no definition of SparkApplication"
          + " spark.apache.org/v1";

  @RegisterExtension final TempLake directory = new TempLake();

  private Programs programs;

  @BeforeEach
  void prepare() throws Exception {
    programs = Programs.prepared("kubernetes");
  }

  @Test
  void manifests_asTheyAre_fitTheSchemas() throws Exception {
    List<String> manifests = manifests();

    assertThat(manifests).hasSize(5);
    assertThat(problems(manifests)).containsExactly(UNKNOWN);
  }

  @Test
  void manifests_broken_areRefused() throws Exception {
    List<Broken> all =
        List.of(
            new Broken("kubeflow/stream.yaml", "type: Always", "typ: Always", "'typ'"),
            new Broken("kubeflow/stream.yaml", "type: Always", "type: Sometimes", "'Sometimes'"),
            new Broken("kubeflow/stream.yaml", "instances: 2", "instances: two", "'two'"),
            new Broken("kubeflow/stream.yaml", "secretKeyRef", "secretRef", "'secretRef'"),
            new Broken("kubeflow/stream.yaml", "mainClass", "main", "'main'"),
            new Broken("kubeflow/stream.yaml", "sparkVersion", "version", "'sparkVersion'"),
            new Broken("kubeflow/scheduled.yaml", "concurrencyPolicy", "policy", "'policy'"),
            new Broken("kubeflow/scheduled.yaml", "onFailureRetries", "retries", "'retries'"),
            new Broken("apache/stream.yaml", "mountPath", "mountPoint", "'mountPath'"),
            new Broken("scheduled.yaml", "concurrencyPolicy", "policy", "'policy'"),
            new Broken("scheduled.yaml", "backoffLimit: 3", "backoffLimit: three", "'three'"),
            new Broken("scheduled.yaml", "roleRef", "role", "'roleRef'"),
            new Broken("jobs.yaml", "data:", "date:", "'date'"));
    List<String> files = new ArrayList<>();
    for (Broken broken : all) {
      String whole = Files.readString(MANIFESTS.resolve(broken.manifest()));
      assertThat(whole).contains(broken.text());
      Path file = directory.path().resolve("broken-" + files.size() + ".yaml");
      Files.writeString(file, whole.replace(broken.text(), broken.by()));
      files.add(file.toString());
    }

    List<String> problems = problems(files);

    for (int i = 0; i < all.size(); i++) {
      Broken broken = all.get(i);
      String file = files.get(i) + ": ";
      assertThat(problems)
          .as(broken.toString())
          .anyMatch(problem -> problem.startsWith(file) && problem.contains(broken.named()));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kubeflow/stream.yaml",
        "kubeflow/scheduled.yaml",
        "apache/stream.yaml",
        "scheduled.yaml"
      })
  void driver_runsAJobOfTheConfigMap_andGetsAllThatTheJobRefersTo(String manifest)
      throws Exception {
    JsonNode resource = read(manifest);
    JsonNode driver = driver(resource);
    List<String> arguments = new ArrayList<>();
    Stream.of("arguments", "driverArgs", "args")
        .flatMap(key -> resource.findValues(key).stream())
        .forEach(list -> list.forEach(argument -> arguments.add(argument.asText())));
    String file =
        arguments.stream().filter(each -> each.endsWith(".yaml")).findFirst().orElseThrow();
    Path mounted = Path.of(driver.path("volumeMounts").path(0).path("mountPath").asText());
    Set<String> given = new HashSet<>();
    driver.path("env").forEach(variable -> given.add(variable.path("name").asText()));

    String text =
        read("jobs.yaml").path("data").path(mounted.relativize(Path.of(file)).toString()).asText();
    Path job = Files.writeString(directory.path().resolve("job.yaml"), text);
    JobSpec spec = new JobSpecParser(only(given, job)).read(job.toString(), List.of()).require();

    assertThat(spec.target().table()).startsWith("s3a://");
    assertThat(text).contains("checkpoint: s3a://");
    assertThat(Files.readString(MANIFESTS.resolve(manifest)))
        .contains("io.sluice.cli.Sluice", "/opt/sluice/sluice.jar");
    assertThat(Files.readString(MANIFESTS.resolve("Dockerfile")))
        .contains("COPY target/sluice.jar /opt/sluice/");
    assertThat(resource.findValue("terminationGracePeriodSeconds").asInt()).isGreaterThan(60);
  }

  @Test
  void cronJob_triesAgain_whatMayPass() throws Exception {
    JsonNode values = read("scheduled.yaml").findValue("onExitCodes").path("values");

    assertThat(IntStream.range(0, values.size()).map(i -> values.get(i).asInt()).boxed())
        .containsExactlyElementsOf(
            Stream.concat(
                    Arrays.stream(Condition.values())
                        .filter(Condition::mayPass)
                        .map(Condition::exitCode),
                    Stream.of(137, 143))
                .toList());
  }

  /**
   * A manifest with a mistake.
   *
   * @param text what stands in it
   * @param by what the mistake makes of it
   * @param named what a problem has to speak of
   */
  private record Broken(String manifest, String text, String by, String named) {}

  private List<String> problems(List<String> manifests) throws Exception {
    Path definitions = programs.kubernetes().resolve("definitions");
    List<String> arguments = new ArrayList<>();
    for (String kind : List.of("sparkapplications", "scheduledsparkapplications")) {
      arguments.add("--crd");
      arguments.add(definitions.resolve("sparkoperator.k8s.io_" + kind + ".yaml").toString());
    }
    arguments.addAll(manifests);
    return Programs.python(
            programs.kubernetes(),
            directory.path().resolve("problems"),
            "manifests.py",
            arguments.toArray(String[]::new))
        .lines()
        .toList();
  }

  private static List<String> manifests() throws IOException {
    try (Stream<Path> files = Files.walk(MANIFESTS)) {
      return files.map(Path::toString).filter(file -> file.endsWith(".yaml")).sorted().toList();
    }
  }

  /** The first resource of a manifest. */
  private static JsonNode read(String manifest) throws IOException {
    Iterable<Object> resources =
        new Load(LoadSettings.builder().build())
            .loadAllFromString(Files.readString(MANIFESTS.resolve(manifest)));
    return new JsonMapper().valueToTree(resources.iterator().next());
  }

  /** The container in which the driver runs. */
  private static JsonNode driver(JsonNode resource) {
    return resource.findValues("containers").stream()
        .map(containers -> containers.path(0))
        .filter(container -> container.has("volumeMounts"))
        .findFirst()
        .orElseThrow();
  }

  /** An environment with some variables, whatever their values, and no file but the job's. */
  private static Environment only(Set<String> names, Path job) {
    return new Environment() {
      @Override
      public @Nullable String variable(String name) {
        if (!names.contains(name)) {
          return null;
        }
        return switch (name) {
          case "PULSAR_SERVICE_URL" -> "pulsar+ssl://pulsar.example.com:6651";
          case "PULSAR_ADMIN_URL" -> "https://pulsar.example.com:8443";
          default -> "value";
        };
      }

      @Override
      public String file(Path path) throws IOException {
        if (!path.equals(job)) {
          throw new IOException("no file " + path);
        }
        return Files.readString(job);
      }
    };
  }
}
