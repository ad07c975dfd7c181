package io.sluice.interop;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The tables of a chain's bucket as Trino reads them. */
final class TrinoTables implements ChangeChain.Engine {

  private static final String SCHEMA = "s3.chain";

  private final TrinoServer trino;
  private final ChainLake lake;
  private final Path directory;

  private TrinoTables(TrinoServer trino, ChainLake lake, Path directory) {
    this.trino = trino;
    this.lake = lake;
    this.directory = directory;
  }

  /**
   * With this server, whose catalog {@code s3} reaches the lake.
   *
   * @param directory for the rows
   */
  static TrinoTables of(TrinoServer trino, ChainLake lake, Path directory) throws Exception {
    trino.query("CREATE SCHEMA " + SCHEMA);
    return new TrinoTables(trino, lake, directory);
  }

  @Override
  public Map<String, Object> rows(String table, Map<String, String> columns) throws Exception {
    trino.query(
        "CALL s3.system.register_table(schema_name => 'chain', table_name => '%s', table_location => '%s/%s')"
            .formatted(table, lake.uri().replace("s3a:", "s3:"), table));
    String name = SCHEMA + "." + table;
    List<String> there =
        trino.query("SHOW COLUMNS FROM " + name).stream().map(row -> row.get(0)).toList();
    List<String> read = columns.keySet().stream().filter(there::contains).toList();
    String texts =
        read.stream()
            .map(column -> "CAST(\"%s\" AS varchar)".formatted(column))
            .collect(Collectors.joining(", "));
    Path file = directory.resolve(table + ".trino.jsonl");
    JsonMapper json = new JsonMapper();
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (List<String> row : trino.query("SELECT " + texts + " FROM " + name)) {
        Map<String, String> named = new LinkedHashMap<>();
        for (int i = 0; i < read.size(); i++) {
          named.put(read.get(i), row.get(i));
        }
        out.write(json.writeValueAsString(named));
        out.newLine();
      }
    }
    return Map.of("found", file.toString());
  }
}
