package io.sluice.register;

import io.sluice.spec.TableReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A schema of a DuckDB database, whose views read tables by the extension {@code delta}.
 *
 * @param schema the schema; null for the one that statements of the session go to, {@code main}
 * @see <a href="https://duckdb.org/docs/stable/core_extensions/delta">Delta extension</a>
 */
public record DuckDb(@Nullable String schema) implements Engine {

  private static final Set<String> STORES =
      Set.of("file", "s3", "gs", "gcs", "az", "azure", "abfs", "abfss");

  @Override
  public TableReader reader() {
    return TableReader.DUCKDB;
  }

  @Override
  public Registration register(LakeTable table, String name) {
    Place place = Place.of(table.location()).common();
    if (!STORES.contains(place.scheme())) {
      throw Engine.refused(table, "DuckDB's delta extension has no access to %s.".formatted(place));
    }
    if (place.rest().matches(".*[%\\\\].*")) {
      throw Engine.refused(
          table,
          "DuckDB's delta extension finds no table at a place with a percent sign or a backslash, as in %s."
              .formatted(place));
    }
    return new Registration(table, name, place.encoded());
  }

  @Override
  public List<String> before(List<Registration> tables) {
    List<String> before = new ArrayList<>(List.of("INSTALL delta", "LOAD delta"));
    if (tables.stream().anyMatch(table -> Place.of(table.place()).isOnS3())) {
      before.add(
          "-- Tables on S3 are read by a secret of DuckDB's own. Unless the database keeps one, make it first, such as:");
      before.add(
          "--   INSTALL httpfs; INSTALL aws; CREATE SECRET (TYPE s3, PROVIDER credential_chain);");
    }
    if (schema != null) {
      before.add("CREATE SCHEMA IF NOT EXISTS " + Quoted.name(schema));
    }
    return before;
  }

  @Override
  public String statement(Registration table) {
    return "CREATE OR REPLACE VIEW %s%s AS SELECT * FROM delta_scan(%s)"
        .formatted(
            schema == null ? "" : Quoted.name(schema) + ".",
            Quoted.name(table.name()),
            Quoted.text(table.place()));
  }
}
