package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads tables by the Python packages of DuckDB and delta-rs. */
final class PythonReader {

  private static final JsonMapper JSON = new JsonMapper();

  private final Programs programs;
  private final Path directory;

  /**
   * With these programs.
   *
   * @param directory for what is asked and answered
   */
  PythonReader(Programs programs, Path directory) {
    this.programs = programs;
    this.directory = directory;
  }

  /**
   * What was read.
   *
   * @param rows each row as text
   * @param error why nothing was read; empty if something was
   */
  record Answer(List<String> rows, String error) {}

  /**
   * Reads a table.
   *
   * @param engine {@code duckdb} or {@code delta_rs}
   * @param table its path or, in a store, its URI
   * @param row DuckDB's SQL for a row as text
   * @param storage how to reach the store, as delta-rs names it; empty for a path
   */
  Answer read(String engine, String table, String row, Map<String, String> storage)
      throws IOException, InterruptedException {
    Path asked = directory.resolve("read.json");
    JSON.writeValue(
        asked.toFile(), Map.of("engine", engine, "table", table, "row", row, "storage", storage));
    JsonNode answer =
        JSON.readTree(programs.python(directory.resolve("read.out"), "read.py", asked.toString()));
    List<String> rows = new ArrayList<>();
    answer.path("rows").forEach(each -> rows.add(each.asText()));
    return new Answer(List.copyOf(rows), answer.path("error").asText());
  }
}
