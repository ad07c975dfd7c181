package io.sluice.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.spec.Environment;
import io.sluice.spec.JobSpecParser;
import io.sluice.spec.ParsedJob;
import io.sluice.testing.AuthenticationPage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The job examples of {@code docs/authentication.md} mean the same as the options beside them. */
class AuthenticationPageTest {

  private static final String REST =
      """
      version: 1
      name: orders
      source: {topics: [orders]}
      target: {table: /lake/orders}
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS",
        "Token",
        "Token in a file",
        "Client certificate",
        "Key stores",
        "OAuth 2.0",
        "User and password"
      })
  void plan_exampleOfThePage_hasTheOptionsBesideIt(String heading) throws Exception {
    Map<String, String> options = AuthenticationPage.options(heading);
    ParsedJob parsed =
        new JobSpecParser(new Secrets(options.get("pulsar.client.authParams")))
            .parse("orders.yaml", REST + AuthenticationPage.yaml(heading), List.of());

    assertThat(parsed.problems()).isEmpty();
    assertThat(JobPlanner.plan(parsed.require(), "file:/warehouse").sourceOptions())
        .containsAllEntriesOf(options);
  }

  /** What the references of the examples stand for. */
  private record Secrets(@Nullable String authParams) implements Environment {

    @Override
    public @Nullable String variable(String name) {
      return switch (name) {
        case "PULSAR_TOKEN" -> "TOKEN";
        case "STORE_PASSWORD" -> "STORE_PASSWORD";
        case "PULSAR_TLS_FILES" -> authParams;
        default -> null;
      };
    }

    @Override
    public String file(Path path) {
      assertThat(path).hasToString("/run/secrets/pulsar-auth.json");
      return String.valueOf(authParams);
    }
  }
}
