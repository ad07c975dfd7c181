package io.sluice.register;

import io.sluice.spec.TableReader;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A database of a Hive metastore, in which tables are as Spark with Hive's support keeps them;
 * Trino reads them there, too.
 *
 * @param schema the database
 */
public record Hive(String schema) implements Engine {

  private static final Pattern NAME = Pattern.compile("\\w+");

  /** Whether Spark lets a database or a table of a metastore have this name. */
  public static boolean takes(String name) {
    return NAME.matcher(name).matches();
  }

  @Override
  public TableReader reader() {
    return TableReader.SPARK;
  }

  @Override
  public Registration register(LakeTable table, String name) {
    if (!takes(name)) {
      throw Engine.refused(
          table,
          "names in a Hive metastore have letters from A to Z, digits and underscores, and '%s' has others. Name it otherwise with --name."
              .formatted(name));
    }
    return new Registration(table, name, Place.of(table.location()).toString());
  }

  @Override
  public List<String> before(List<Registration> tables) {
    return List.of(createSchema());
  }

  @Override
  public String statement(Registration table) {
    return "CREATE TABLE IF NOT EXISTS %s USING DELTA LOCATION %s"
        .formatted(qualified(table), Quoted.hiveText(table.place()));
  }

  /** Makes the database, unless it is there. */
  public String createSchema() {
    return "CREATE DATABASE IF NOT EXISTS " + Quoted.hiveName(schema);
  }

  /** A table's whole name. */
  public String qualified(Registration table) {
    return Quoted.hiveName(schema) + "." + Quoted.hiveName(table.name());
  }
}
