package io.sluice.register;

import io.sluice.spec.TableReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A schema of a catalog of Trino's {@code delta_lake} connector.
 *
 * @param catalog the catalog
 * @param schema the schema; Trino takes its name, as those of tables, in lower case
 * @param localLocation the directory that the catalog's property {@code local.location} names; null
 *     if its local files are {@code file://}
 * @see <a href="https://trino.io/docs/476/connector/delta-lake.html">Delta Lake connector</a>
 */
public record Trino(String catalog, String schema, @Nullable String localLocation)
    implements Engine {

  private static final Pattern LOCATION = Pattern.compile("\\blocation = '((?:[^']|'')*)'");

  @Override
  public TableReader reader() {
    return TableReader.TRINO;
  }

  @Override
  public Registration register(LakeTable table, String name) {
    Place place = Place.of(table.location());
    return new Registration(
        table,
        name,
        place.isLocal() && localLocation != null
            ? below(Place.of(localLocation), place, table)
            : place.common().toString());
  }

  private static String below(Place root, Place place, LakeTable table) {
    if (!place.rest().startsWith(root.rest() + "/")) {
      throw Engine.refused(
          table,
          "it is not below %s, which --local-location names. Name the directory of Trino's property local.location, or leave the option out if Trino reads file:// (fs.hadoop.enabled)."
              .formatted(root.rest()));
    }
    return "local://" + place.rest().substring(root.rest().length());
  }

  @Override
  public List<String> before(List<Registration> tables) {
    return List.of(
        "-- register_table fails for a name that Trino knows already; with --apply, sluice looks first.",
        createSchema());
  }

  @Override
  public String statement(Registration table) {
    return "CALL %s.system.register_table(schema_name => %s, table_name => %s, table_location => %s)"
        .formatted(
            Quoted.name(catalog),
            Quoted.text(schema),
            Quoted.text(table.name()),
            Quoted.text(table.place()));
  }

  /** Makes the schema, unless it is there. */
  String createSchema() {
    return "CREATE SCHEMA IF NOT EXISTS %s.%s".formatted(Quoted.name(catalog), Quoted.name(schema));
  }

  /** Makes Trino forget a table; its files stay. */
  String unregister(Registration table) {
    return "CALL %s.system.unregister_table(schema_name => %s, table_name => %s)"
        .formatted(Quoted.name(catalog), Quoted.text(schema), Quoted.text(table.name()));
  }

  /** Asks what Trino knows by a table's name. */
  String show(Registration table) {
    return "SHOW CREATE TABLE " + qualified(table);
  }

  /** A table's whole name. */
  String qualified(Registration table) {
    return "%s.%s.%s"
        .formatted(Quoted.name(catalog), Quoted.name(schema), Quoted.name(table.name()));
  }

  /** The place in an answer to {@link #show}; empty if it names none. */
  static Optional<String> place(String shown) {
    List<String> places = new ArrayList<>();
    Matcher location = LOCATION.matcher(shown);
    while (location.find()) {
      places.add(location.group(1).replace("''", "'"));
    }
    return places.isEmpty() ? Optional.empty() : Optional.of(places.get(places.size() - 1));
  }
}
