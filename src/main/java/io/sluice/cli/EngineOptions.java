package io.sluice.cli;

import io.sluice.register.Athena;
import io.sluice.register.DuckDb;
import io.sluice.register.Engine;
import io.sluice.register.Hive;
import io.sluice.register.Registrar;
import io.sluice.register.Trino;
import io.sluice.register.TrinoConnection;
import io.sluice.runtime.HiveMetastore;
import io.sluice.spec.Environment;
import io.sluice.spec.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The engine that {@code sluice register} is told of; a picocli mixin. */
final class EngineOptions {

  static final String PASSWORD = "TRINO_PASSWORD";
  static final String TOKEN = "TRINO_ACCESS_TOKEN";

  @Option(
      names = "--engine",
      required = true,
      paramLabel = "ENGINE",
      description = "trino, athena, hive (a metastore, for Spark and Trino) or duckdb.")
  private String engine = "";

  @Option(
      names = "--catalog",
      paramLabel = "NAME",
      description = "Trino's catalog, of the connector delta_lake.")
  private @Nullable String catalog;

  @Option(
      names = "--schema",
      paramLabel = "NAME",
      description = "The schema, or database; made if it is not there. Only duckdb needs none.")
  private @Nullable String schema;

  @Option(
      names = "--local-location",
      paramLabel = "DIR",
      description =
          "What the property local.location of Trino's catalog says: tables below it are local:///..."
              + " to Trino. Default: they are file:///...")
  private @Nullable Path localLocation;

  @Option(names = "--apply", description = "Tells the engine at --server; of trino and hive only.")
  private boolean apply;

  @Option(
      names = "--server",
      paramLabel = "URI",
      description = "Trino: http://HOST:PORT or https://HOST:PORT; hive: thrift://HOST:PORT.")
  private @Nullable String server;

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description =
          "As Trino knows you. A password or a token (JWT) is taken from the environment: "
              + PASSWORD
              + ", "
              + TOKEN
              + ".")
  private @Nullable String user;

  @Option(
      names = "--replace",
      description =
          "A name that stands for a table at another place is to stand for this one; no file is"
              + " deleted. Default: that is an error.")
  private boolean replace;

  @Spec(Target.MIXEE)
  private CommandSpec spec;

  boolean isApplied() {
    return apply;
  }

  boolean isReplacing() {
    return replace;
  }

  /**
   * The engine.
   *
   * @throws ParameterException if the options do not fit it, or each other
   */
  Engine chosen() {
    Engine chosen =
        switch (engine) {
          case "trino" ->
              new Trino(
                  needed("--catalog", catalog),
                  needed("--schema", schema),
                  localLocation == null
                      ? null
                      : localLocation.toAbsolutePath().normalize().toString());
          case "athena" -> new Athena(allowed(needed("--schema", schema), Athena::takes));
          case "hive" -> new Hive(allowed(needed("--schema", schema), Hive::takes));
          case "duckdb" -> new DuckDb(schema);
          default ->
              throw misuse("--engine is trino, athena, hive or duckdb, not '" + engine + "'.");
        };
    boolean trino = chosen instanceof Trino;
    refuse(!trino && catalog != null, "--catalog is of trino only.");
    refuse(!trino && localLocation != null, "--local-location is of trino only.");
    refuse(!trino && user != null, "--user is of trino only.");
    refuse(
        apply && !trino && !(chosen instanceof Hive),
        "--apply is of trino and hive only. Run what is printed in " + engine + ".");
    refuse(
        !apply && (server != null || user != null || replace),
        "--server, --user and --replace are of --apply only.");
    return chosen;
  }

  /**
   * Connects to the engine, to apply what is planned.
   *
   * @throws ParameterException if the options do not say how
   */
  Registrar connect(Engine chosen) {
    String address = needed("--server", server);
    if (chosen instanceof Hive hive) {
      return HiveMetastore.open(hive, thrift(address));
    }
    String caller = needed("--user", user);
    return TrinoConnection.open(
        (Trino) chosen, http(address), caller, secret(PASSWORD), secret(TOKEN));
  }

  private String needed(String option, @Nullable String value) {
    if (value == null || value.isBlank()) {
      throw misuse("%s%s needs %s.".formatted(engine, apply ? " with --apply" : "", option));
    }
    return value;
  }

  private String allowed(String name, Predicate<String> takes) {
    refuse(
        !takes.test(name),
        "--schema '%s': %s takes letters from a to z, digits and underscores."
            .formatted(name, engine));
    return name;
  }

  private URI http(String address) {
    try {
      URI uri = new URI(address);
      boolean plain =
          uri.getUserInfo() == null
              && uri.getRawQuery() == null
              && uri.getRawFragment() == null
              && ("/".equals(uri.getRawPath()) || "".equals(uri.getRawPath()));
      if (plain
          && uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // What it may be is said below; the address may hold a secret and is not shown.
    }
    throw misuse(
        "--server is http://HOST:PORT or https://HOST:PORT and no more; a password is taken from the environment, %s."
            .formatted(PASSWORD));
  }

  private String thrift(String address) {
    refuse(
        !address.matches("thrift://[^/@,\\s]+(,thrift://[^/@,\\s]+)*"),
        "--server is thrift://HOST:PORT, not '%s'.".formatted(address));
    return address;
  }

  private static @Nullable Secret secret(String variable) {
    String value = Environment.ofProcess().variable(variable);
    return value == null || value.isEmpty() ? null : new Secret(value);
  }

  private void refuse(boolean misused, String message) {
    if (misused) {
      throw misuse(message);
    }
  }

  private ParameterException misuse(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
