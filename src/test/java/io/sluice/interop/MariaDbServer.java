package io.sluice.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** MariaDB, with two tables of sysbench. */
final class MariaDbServer implements DatabaseServer {

  private final Programs programs;
  private final Path directory;
  private final int port;
  private final ChildProcess server;

  private MariaDbServer(Programs programs, Path directory, int port, ChildProcess server) {
    this.programs = programs;
    this.directory = directory;
    this.port = port;
    this.server = server;
  }

  /** Makes a database below a directory and starts it. */
  static MariaDbServer start(Programs programs, Path directory)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    String base = "--basedir=" + programs.debian("usr");
    String data = "--datadir=" + directory.resolve("data");
    String user = "--user=" + System.getProperty("user.name");
    ChildProcess.run(
        directory.resolve("install.log"),
        programs.debianEnvironment(),
        List.of(
            programs.debian("usr/bin/mariadb-install-db").toString(),
            "--no-defaults",
            base,
            data,
            user,
            "--skip-test-db",
            "--auth-root-authentication-method=normal"));
    int port = ChildProcess.freePort();
    ChildProcess server =
        ChildProcess.start(
            directory,
            directory.resolve("mariadb.log"),
            programs.debianEnvironment(),
            List.of(
                programs.debian("usr/sbin/mariadbd").toString(),
                "--no-defaults",
                base,
                data,
                user,
                "--bind-address=127.0.0.1",
                "--port=" + port,
                // A path of a socket has 107 bytes at most.
                "--socket=mariadb.socket",
                "--server-id=1",
                "--log-bin=mariadb-bin",
                "--binlog-format=ROW",
                "--binlog-row-image=FULL",
                "--binlog-row-metadata=FULL",
                "--innodb-flush-log-at-trx-commit=0"));
    var mariaDb = new MariaDbServer(programs, directory, port, server);
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .ignoreExceptions()
        .until(() -> mariaDb.query("mysql", "SELECT 1").strip().equals("1"));
    mariaDb.query("mysql", "CREATE DATABASE shop");
    ChildProcess.run(
        directory.resolve("prepare.out"),
        programs.debianEnvironment(),
        mariaDb.sysbench("prepare"));
    return mariaDb;
  }

  @Override
  public void execute(String... statements) throws IOException, InterruptedException {
    query("shop", String.join(";", statements));
  }

  @Override
  public Map<String, String> connector() {
    return Map.of(
        "connector.class", "io.debezium.connector.mariadb.MariaDbConnector",
        "database.port", Integer.toString(port),
        "database.user", "root",
        "database.password", "",
        "database.server.id", "2",
        "database.ssl.mode", "disable",
        "database.include.list", "shop");
  }

  @Override
  public String schema() {
    return "shop";
  }

  @Override
  public ChildProcess load() throws IOException {
    return ChildProcess.start(
        directory,
        directory.resolve("sysbench.log"),
        programs.debianEnvironment(),
        sysbench("--rate=50", "--time=3600", "run"));
  }

  private List<String> sysbench(String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(
                programs.debian("usr/bin/sysbench").toString(),
                programs.debian("usr/share/sysbench/oltp_write_only.lua").toString(),
                "--db-driver=mysql",
                "--mysql-host=127.0.0.1",
                "--mysql-port=" + port,
                "--mysql-user=root",
                "--mysql-db=shop",
                "--tables=2",
                "--table-size=2000",
                "--threads=2"));
    command.addAll(List.of(options));
    return command;
  }

  @Override
  public Map<String, String> columns(String table) throws IOException, InterruptedException {
    return DatabaseServer.typesOf(
        query(
            "information_schema",
            "SELECT column_name, data_type FROM columns WHERE table_schema = 'shop' AND"
                + " table_name = '%s' ORDER BY ordinal_position".formatted(table)));
  }

  @Override
  public void export(String table, Path file) throws IOException, InterruptedException {
    String fields =
        columns(table).keySet().stream()
            .map(column -> "'%s', `%s`".formatted(column, column))
            .collect(Collectors.joining(", "));
    ChildProcess.run(
        file,
        programs.debianEnvironment(),
        client("shop", "SELECT JSON_OBJECT(" + fields + ") FROM " + table));
  }

  private String query(String schema, String statements) throws IOException, InterruptedException {
    return ChildProcess.run(
        directory.resolve("mariadb.out"), programs.debianEnvironment(), client(schema, statements));
  }

  private List<String> client(String schema, String statements) {
    return List.of(
        programs.debian("usr/bin/mariadb").toString(),
        "--no-defaults",
        "--host=127.0.0.1",
        "--port=" + port,
        "--user=root",
        "--default-character-set=utf8mb4",
        "--skip-column-names",
        "--batch",
        "--raw",
        "--database=" + schema,
        "--execute=" + statements);
  }

  @Override
  public void close() {
    server.close();
  }
}
