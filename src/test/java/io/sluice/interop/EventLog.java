package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What Spark's event logs say of the applications that have written them into a directory.
 *
 * @param events all of them, as they stand there
 */
record EventLog(List<JsonNode> events) {

  /** Reads all logs of a directory. */
  static EventLog of(Path directory) throws IOException {
    JsonMapper json = new JsonMapper();
    List<JsonNode> events = new ArrayList<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file :
          files.filter(each -> each.getFileName().toString().startsWith("events_")).toList()) {
        for (String line : Files.readAllLines(file)) {
          events.add(json.readTree(line));
        }
      }
    }
    return new EventLog(events);
  }

  /** The plans of all queries, as text. */
  List<String> plans() {
    return events.stream()
        .map(event -> event.path("physicalPlanDescription").asText())
        .filter(plan -> !plan.isEmpty())
        .toList();
  }

  /** The addresses of the executors that have read messages. */
  Set<String> readers() {
    Set<String> hosts = new TreeSet<>();
    for (JsonNode event : events) {
      for (JsonNode value : event.path("Task Info").path("Accumulables")) {
        if (value.path("Name").asText().equals("messages read")
            && value.path("Update").asLong() > 0) {
          hosts.add(event.path("Task Info").path("Host").asText());
        }
      }
    }
    return hosts;
  }

  /** How many tasks were lost because their executor was. */
  long lostTasks() {
    return events.stream()
        .filter(
            event ->
                event.path("Task End Reason").path("Reason").asText().equals("ExecutorLostFailure"))
        .count();
  }
}
