package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.register.Hive;
import io.sluice.register.Registrar;
import io.sluice.register.Registration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Makes tables known to a Hive metastore, by a Spark whose catalog it is. */
public final class HiveMetastore implements Registrar {

  private final Hive hive;
  private final String server;
  private final SparkSession session;

  private HiveMetastore(Hive hive, String server, SparkSession session) {
    this.hive = hive;
    this.server = server;
    this.session = session;
  }

  /**
   * Starts this process's Spark with the metastore as its catalog, and makes the database unless it
   * is there. What is looked up on Spark from now on is looked up in the metastore.
   *
   * @param server {@code thrift://HOST:PORT}, several with commas between
   * @throws SluiceException ENGINE_UNREACHABLE, or NOT_REGISTERED if this Spark has no Hive support
   */
  public static HiveMetastore open(Hive hive, String server) {
    SparkSession spark;
    try {
      spark = SparkSettings.withMetastore(server);
    } catch (IllegalArgumentException e) {
      throw new SluiceException(
          Condition.NOT_REGISTERED,
          "Cannot reach the metastore %s: this Spark has no support for Hive (%s). Use one that has, by SPARK_HOME, or print the statements, without --apply, and run them there."
              .formatted(server, e.getMessage()),
          e);
    }
    HiveMetastore opened = new HiveMetastore(hive, server, SparkSettings.forJob(spark));
    opened.answering(
        "make the database " + hive.schema(),
        () -> {
          if (!opened.session.catalog().databaseExists(hive.schema())) {
            opened.session.sql(hive.createSchema());
          }
          return Outcome.REGISTERED;
        });
    return opened;
  }

  @Override
  public Outcome register(Registration table, boolean replace) {
    String name = hive.qualified(table);
    return answering(
        "register " + name,
        () -> {
          Optional<Known> known = known(name);
          if (known.isEmpty()) {
            session.sql(hive.statement(table));
            return Outcome.REGISTERED;
          }
          if (known.get().isAt(table)) {
            return Outcome.KNOWN;
          }
          if (!replace) {
            throw known.get().refusal(table, name, "give --replace, or");
          }
          if (!known.get().isExternal()) {
            throw known
                .get()
                .refusal(table, name, "drop it yourself, for DROP TABLE deletes its files, or");
          }
          session.sql("DROP TABLE " + name);
          session.sql(hive.statement(table));
          return Outcome.REPLACED;
        });
  }

  /** What a metastore says of a name. */
  private record Known(String type, String provider, String location) {

    boolean isExternal() {
      return type.equalsIgnoreCase("EXTERNAL");
    }

    boolean isAt(Registration table) {
      return provider.equalsIgnoreCase("delta") && table.isAt(location);
    }

    SluiceException refusal(Registration table, String name, String wayOut) {
      return table.refused(
          "the metastore knows %s, %s %s, at %s already, not at %s; %s name this one otherwise with --name."
              .formatted(name, type, provider, location, table.place(), wayOut));
    }
  }

  private Optional<Known> known(String name) {
    if (!session.catalog().tableExists(name)) {
      return Optional.empty();
    }
    Map<String, String> facts = new HashMap<>();
    for (Row fact : session.sql("DESCRIBE TABLE EXTENDED " + name).collectAsList()) {
      facts.put(fact.getString(0), fact.getString(1));
    }
    return Optional.of(
        new Known(
            facts.getOrDefault("Type", ""),
            facts.getOrDefault("Provider", ""),
            facts.getOrDefault("Location", "")));
  }

  /** Does what the metastore has to answer. */
  private Outcome answering(String what, Supplier<Outcome> step) {
    try {
      return step.get();
    } catch (SluiceException e) {
      throw e;
    } catch (Exception e) {
      // Spark's are checked, though nothing declares them.
      throw failure(what, e);
    }
  }

  private SluiceException failure(String what, Exception failure) {
    boolean unreachable = false;
    for (@Nullable Throwable t = failure; t != null; t = t.getCause()) {
      unreachable |= String.valueOf(t).contains("Could not connect to meta store");
    }
    return new SluiceException(
        unreachable ? Condition.ENGINE_UNREACHABLE : Condition.NOT_REGISTERED,
        unreachable
            ? "Cannot %s: no answer from the metastore at %s. Check --server, and whether it is up."
                .formatted(what, server)
            : "Cannot %s: the metastore at %s says: %s".formatted(what, server, firstLine(failure)),
        failure);
  }

  /** Without the plan that Spark prints below. */
  private static String firstLine(Exception failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse(failure.toString());
  }

  @Override
  public void close() {
    // Spark ends with the process.
  }
}
