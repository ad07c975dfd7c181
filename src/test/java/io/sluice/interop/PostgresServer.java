package io.sluice.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** PostgreSQL, with the tables of pgbench. */
final class PostgresServer implements DatabaseServer {

  private final Programs programs;
  private final Path directory;
  private final int port;
  private final ChildProcess server;

  private PostgresServer(Programs programs, Path directory, int port, ChildProcess server) {
    this.programs = programs;
    this.directory = directory;
    this.port = port;
    this.server = server;
  }

  /** Makes a database below a directory and starts it. */
  static PostgresServer start(Programs programs, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    String data = directory.resolve("data").toString();
    ChildProcess.run(
        directory.resolve("initdb.log"),
        programs.debianEnvironment(),
        unprivileged(
            programs.postgres().resolve("initdb").toString(),
            "--pgdata=" + data,
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync"));
    int port = ChildProcess.freePort();
    ChildProcess server =
        ChildProcess.start(
            directory,
            directory.resolve("postgres.log"),
            programs.debianEnvironment(),
            unprivileged(
                programs.postgres().resolve("postgres").toString(),
                "-D",
                data,
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "port=" + port,
                "-c",
                "unix_socket_directories=",
                "-c",
                "wal_level=logical",
                "-c",
                "fsync=off",
                "-c",
                "jit=off"));
    var postgres = new PostgresServer(programs, directory, port, server);
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(() -> postgres.psql("SELECT 1").strip().equals("1"));
    postgres.client("pgbench", "--initialize", "--quiet", "--scale=1");
    return postgres;
  }

  /**
   * The command as PostgreSQL runs it: it refuses root, so root becomes somebody else in a
   * namespace of users in which root's files are that user's own.
   */
  private static List<String> unprivileged(String... command) {
    List<String> all = new ArrayList<>();
    if (System.getProperty("user.name").equals("root")) {
      all.addAll(List.of("unshare", "--user", "--map-user=65534"));
    }
    all.addAll(List.of(command));
    return all;
  }

  @Override
  public void execute(String... statements) throws IOException, InterruptedException {
    for (String statement : statements) {
      psql(statement);
    }
  }

  @Override
  public Map<String, String> connector() {
    return Map.ofEntries(
        Map.entry("connector.class", "io.debezium.connector.postgresql.PostgresConnector"),
        Map.entry("database.port", Integer.toString(port)),
        Map.entry("database.user", "postgres"),
        Map.entry("database.password", "unused"),
        Map.entry("database.dbname", "postgres"),
        Map.entry("plugin.name", "pgoutput"),
        Map.entry("slot.name", "sluice"),
        Map.entry("slot.retry.delay.ms", "1000"),
        Map.entry("publication.autocreate.mode", "filtered"),
        Map.entry("schema.include.list", "public"));
  }

  @Override
  public String schema() {
    return "public";
  }

  @Override
  public ChildProcess load() throws IOException {
    return ChildProcess.start(
        directory,
        directory.resolve("pgbench.log"),
        programs.debianEnvironment(),
        command("pgbench", "--client=2", "--rate=50", "--time=3600", "--no-vacuum"));
  }

  @Override
  public Map<String, String> columns(String table) throws IOException, InterruptedException {
    return DatabaseServer.typesOf(
        psql(
            "SELECT concat_ws(chr(9), column_name, data_type) FROM information_schema.columns"
                + " WHERE table_schema = 'public' AND table_name = '%s' ORDER BY ordinal_position"
                    .formatted(table)));
  }

  @Override
  public void export(String table, Path file) throws IOException, InterruptedException {
    ChildProcess.run(
        file,
        programs.debianEnvironment(),
        command("psql", "-XAtqc", "SELECT row_to_json(each) FROM " + table + " AS each"));
  }

  private String psql(String statement) throws IOException, InterruptedException {
    return client("psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement);
  }

  private String client(String program, String... options)
      throws IOException, InterruptedException {
    return ChildProcess.run(
        directory.resolve(program + ".out"),
        programs.debianEnvironment(),
        command(program, options));
  }

  private List<String> command(String program, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(programs.postgres().resolve(program).toString());
    command.addAll(List.of("--host=127.0.0.1", "--port=" + port, "--username=postgres"));
    command.addAll(List.of(options));
    if (program.equals("psql")) {
      command.add("--dbname=postgres");
    } else {
      command.add("postgres");
    }
    return command;
  }

  @Override
  public void close() {
    server.close();
  }
}
