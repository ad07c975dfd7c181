package io.sluice.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A database of a test's own, whose changes Debezium Server follows. */
interface DatabaseServer extends AutoCloseable {

  /** Runs statements, one after the other, each committed. */
  void execute(String... statements) throws IOException, InterruptedException;

  /** The settings of Debezium's source that follows all tables of the database. */
  Map<String, String> connector();

  /** The schema of its tables. */
  String schema();

  /** The start of its topics' names, before the table's. */
  default String topicPrefix() {
    return "shop.%s.".formatted(schema());
  }

  /** A load that goes on until it is closed, made by a program of others. */
  ChildProcess load() throws IOException;

  /** The columns of a table with the names of their types, in their order. */
  Map<String, String> columns(String table) throws IOException, InterruptedException;

  /** Writes all rows of a table as JSON lines. */
  void export(String table, Path file) throws IOException, InterruptedException;

  /** Splits lines of a name, a tab and a type. */
  static Map<String, String> typesOf(String lines) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (String line : lines.lines().toList()) {
      List<String> parts = List.of(line.split("\t", 2));
      columns.put(parts.get(0), parts.get(1));
    }
    return columns;
  }

  @Override
  void close();
}
