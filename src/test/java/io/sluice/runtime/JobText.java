package io.sluice.runtime;

import io.sluice.testing.PulsarBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The text of a job file for tests: what there is now, once, from the beginning. */
final class JobText {

  private final String name;
  private final Map<String, String> keys = new LinkedHashMap<>();

  private JobText(String name) {
    this.name = name;
  }

  /** A job from a topic of the broker to a table at a path. */
  static JobText of(String name, PulsarBroker broker, String topic, String table) {
    return new JobText(name)
        .with("pulsar.service_url", broker.serviceUrl())
        .with("pulsar.admin_url", broker.adminUrl())
        .with("source.topics", "[" + topic + "]")
        .with("source.start", "earliest")
        .with("target.table", table)
        .with("trigger", "available_now");
  }

  /** Sets a key, {@code section.key} or {@code key}; the value is YAML. */
  JobText with(String key, String value) {
    keys.put(key, value);
    return this;
  }

  /** Writes the file and says where it is. */
  Path write(Path directory) throws IOException {
    Map<String, StringBuilder> sections = new LinkedHashMap<>();
    keys.forEach(
        (key, value) -> {
          int dot = key.indexOf('.');
          if (dot < 0) {
            sections.put(key, new StringBuilder(key + ": " + value + "\n"));
          } else {
            String section = key.substring(0, dot);
            sections
                .computeIfAbsent(section, s -> new StringBuilder(s + ":\n"))
                .append("  " + key.substring(dot + 1) + ": " + value + "\n");
          }
        });
    String text = "version: 1\nname: " + name + "\n" + String.join("", sections.values());
    return Files.writeString(directory.resolve(name + ".yaml"), text);
  }
}
