package io.sluice.register;

import io.sluice.spec.TableReader;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A database of Amazon Athena, which keeps it in the Glue catalog. The columns are not declared:
 * Athena takes them from the table's log, whenever it reads.
 *
 * @param schema the database, in lower case
 * @see <a href="https://docs.aws.amazon.com/athena/latest/ug/delta-lake-tables.html">Delta Lake
 *     tables in Athena</a>
 */
public record Athena(String schema) implements Engine {

  private static final Pattern NAME = Pattern.compile("[a-z0-9_]{1,255}");

  /** Lower case, as Athena keeps it. */
  public Athena {
    schema = schema.toLowerCase(Locale.ROOT);
  }

  /** Whether Athena can have a database or a table of this name, once it is in lower case. */
  public static boolean takes(String name) {
    return NAME.matcher(name.toLowerCase(Locale.ROOT)).matches();
  }

  @Override
  public TableReader reader() {
    return TableReader.ATHENA;
  }

  @Override
  public Registration register(LakeTable table, String name) {
    Place place = Place.of(table.location());
    if (!place.isOnS3()) {
      throw Engine.refused(
          table, "Athena reads tables on S3 only, and this one is at " + place + ".");
    }
    if (!takes(name)) {
      throw Engine.refused(
          table,
          "names of Athena have letters from a to z, digits and underscores, at most 255, and '%s' has others. Name it otherwise with --name."
              .formatted(name));
    }
    return new Registration(table, name.toLowerCase(Locale.ROOT), place.common() + "/");
  }

  @Override
  public List<String> before(List<Registration> tables) {
    return List.of("CREATE DATABASE IF NOT EXISTS " + Quoted.hiveName(schema));
  }

  @Override
  public String statement(Registration table) {
    return """
        CREATE EXTERNAL TABLE IF NOT EXISTS %s.%s
        LOCATION %s
        TBLPROPERTIES ('table_type' = 'DELTA')"""
        .formatted(
            Quoted.hiveName(schema), Quoted.hiveName(table.name()), Quoted.hiveText(table.place()));
  }
}
