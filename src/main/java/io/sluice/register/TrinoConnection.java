package io.sluice.register;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.Secret;
import io.trino.jdbc.TrinoDriver;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Makes tables known to a Trino server, by its JDBC driver. */
public final class TrinoConnection implements Registrar {

  /** Trino's {@code TABLE_NOT_FOUND}. */
  private static final int TABLE_NOT_FOUND = 46;

  private final Trino trino;
  private final URI server;
  private final Connection connection;

  private TrinoConnection(Trino trino, URI server, Connection connection) {
    this.trino = trino;
    this.server = server;
    this.connection = connection;
  }

  /**
   * Connects, and makes the schema unless it is there.
   *
   * @param server {@code http://HOST:PORT} or {@code https://HOST:PORT}
   * @param user as Trino knows the caller
   * @param password for that; null if Trino asks for none
   * @param token a JWT in place of a password; null for none
   * @throws SluiceException ENGINE_UNREACHABLE, or NOT_REGISTERED if Trino refuses
   */
  public static TrinoConnection open(
      Trino trino, URI server, String user, @Nullable Secret password, @Nullable Secret token) {
    Properties settings = new Properties();
    settings.setProperty("user", user);
    settings.setProperty("source", "sluice");
    if (server.getScheme().equals("https")) {
      settings.setProperty("SSL", "true");
    }
    if (password != null) {
      settings.setProperty("password", password.value());
    }
    if (token != null) {
      settings.setProperty("accessToken", token.value());
    }
    try {
      // Not by DriverManager, which does not look among the classes that spark-submit has loaded.
      Connection connection =
          new TrinoDriver().connect("jdbc:trino://" + server.getRawAuthority(), settings);
      TrinoConnection opened = new TrinoConnection(trino, server, connection);
      opened.run(trino.createSchema());
      return opened;
    } catch (SQLException e) {
      throw failure(server, "make the schema " + trino.schema(), e);
    }
  }

  @Override
  public Outcome register(Registration table, boolean replace) {
    try {
      Optional<String> known = known(table);
      if (known.isEmpty()) {
        run(trino.statement(table));
        return Outcome.REGISTERED;
      }
      if (table.isAt(known.get())) {
        return Outcome.KNOWN;
      }
      if (!replace) {
        throw table.refused(
            "Trino knows %s at %s already, not at %s. Let it forget that one (%s; no file is deleted), or give --replace, or another name with --name."
                .formatted(
                    trino.qualified(table), known.get(), table.place(), trino.unregister(table)));
      }
      run(trino.unregister(table));
      run(trino.statement(table));
      return Outcome.REPLACED;
    } catch (SQLException e) {
      throw failure(server, "register " + trino.qualified(table), e);
    }
  }

  private Optional<String> known(Registration table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet shown = statement.executeQuery(trino.show(table))) {
      return shown.next() ? Trino.place(shown.getString(1)) : Optional.empty();
    } catch (SQLException e) {
      if (e.getErrorCode() == TABLE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void run(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static SluiceException failure(URI server, String what, SQLException failure) {
    int depth = 0;
    for (@Nullable Throwable t = failure; t != null && depth < 100; t = t.getCause(), depth++) {
      if (t instanceof IOException) {
        return new SluiceException(
            Condition.ENGINE_UNREACHABLE,
            "Cannot %s: no answer from Trino at %s (%s). Check --server, and whether it is up."
                .formatted(what, server, t),
            failure);
      }
    }
    return new SluiceException(
        Condition.NOT_REGISTERED,
        "Cannot %s: Trino at %s says: %s".formatted(what, server, failure.getMessage()),
        failure);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // Everything has been answered by now.
    }
  }
}
