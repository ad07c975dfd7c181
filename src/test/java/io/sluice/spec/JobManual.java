package io.sluice.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes what follows from {@link JobKeys}: the JSON Schema for editors and the reference page. */
final class JobManual {

  private static final Path JOBS = Path.of("src/test/resources/jobs");

  private static final List<String> KEYWORDS =
      List.of(
          "$schema",
          "title",
          "description",
          "type",
          "const",
          "enum",
          "pattern",
          "minimum",
          "exclusiveMinimum",
          "maximum",
          "contains",
          "minLength",
          "minItems",
          "items",
          "propertyNames",
          "additionalProperties",
          "required",
          "properties",
          "anyOf",
          "oneOf",
          "allOf",
          "if",
          "then",
          "else",
          "not",
          "default");

  private JobManual() {}

  /** {@code conf/job.schema.json}. */
  static String schema() throws JsonProcessingException {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("$schema", "http://json-schema.org/draft-07/schema#");
    schema.put("title", "A Sluice job");
    schema.put("description", "Generated from io.sluice.spec.JobKeys; see docs/reference/job.md.");
    schema.putAll(JobKeys.JOB.schema());
    return new ObjectMapper()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .writeValueAsString(inOrder(schema))
        + "\n";
  }

  /** {@code docs/reference/job.md}. */
  static String page() throws IOException {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # The job file

        <!-- Generated from io.sluice.spec.JobKeys: change the keys there. -->

        One YAML 1.2 file describes one job. Unknown keys, keys given twice and wrong values are
        problems; `sluice validate FILES` prints all of them, with their place and what to do.

        The smallest job:

        """);
    appendYaml(page, "smallest.yaml");
    page.append("\nA job with every key but those that exclude these:\n\n");
    appendYaml(page, "fullest.yaml");
    page.append("\n## Keys\n");
    appendBlock(page, "", JobKeys.JOB);
    page.append(
        """

        ## References

        In every value, but not in keys:

        | written | stands for |
        |---|---|
        | `${env:NAME}` | the environment variable; it has to be set |
        | `${env:NAME:-default}` | the same, or the default when it is not set or empty |
        | `${file:/path}` | the text of the file, without white space at its end |
        | `\\${` | `${` itself |

        They are replaced after the YAML is parsed, so a value never becomes keys or lists, and what
        they stand for is not searched for references again. Between `{ }` or `[ ]` YAML wants a text
        with `${...}` in quotes. No problem ever shows what a reference stands for.

        Secrets are given as references. A secret that stands in the file itself is a warning, and is
        masked wherever the line is shown.

        ## Overriding

        `--set path.to.key=value` sets one key over what the file says; the value is YAML:

        ```
        sluice validate jobs/orders.yaml --set trigger=available_now --set source.topics=[a,b]
        sluice validate jobs/orders.yaml --set target.properties.delta.appendOnly=true
        ```

        Lists are set as a whole. Below `options` and `properties`, the rest of the path is one key.

        """);
    page.append(
        """
        ## Limits

        A file has at most %d characters, %d levels, %d aliases of lists and mappings, and %d values
        when aliases are counted.

        ## Problems

        `file:line:column: CODE key: message`, then the line, carets below the place, and a hint.
        `sluice` ends with exit code 2 when there is a problem, and starts nothing.

        | code | meaning |
        |---|---|
        """
            .formatted(
                YamlText.MOST_CODE_POINTS,
                YamlText.DEEPEST,
                YamlText.MOST_ALIASES,
                YamlText.MOST_NODES));
    for (ProblemCode code : ProblemCode.values()) {
      page.append("| ").append(code.code()).append(" | ").append(code.doc()).append(" |\n");
    }
    return page.toString();
  }

  private static void appendYaml(StringBuilder page, String file) throws IOException {
    page.append("```yaml\n").append(Files.readString(JOBS.resolve(file))).append("```\n");
  }

  private static void appendBlock(StringBuilder page, String path, Block<?> block) {
    if (!path.isEmpty()) {
      page.append("\n### `").append(path).append("`\n");
    }
    page.append("\n").append(block.doc()).append("\n\n");
    page.append("| key | takes | default | meaning |\n|---|---|---|---|\n");
    for (Key<?> key : block.keys()) {
      String otherwise = key.defaultText() == null ? "" : "`" + key.defaultText() + "`";
      page.append(
          "| `%s` | %s | %s | %s |\n"
              .formatted(
                  key.name(),
                  typeOf(key.type(), pathOf(path, key)),
                  key.required() ? "required" : otherwise,
                  key.doc().replace("|", "\\|")));
    }
    for (Rule rule : block.rules()) {
      page.append("\n").append(rule.doc()).append("\n");
    }
    for (Key<?> key : block.keys()) {
      appendBlocksOf(page, pathOf(path, key), key.type());
    }
  }

  private static void appendBlocksOf(StringBuilder page, String path, ValueType<?> type) {
    if (type instanceof Block<?> block) {
      appendBlock(page, path, block);
    } else if (type instanceof WordOr<?> either) {
      appendBlock(page, path, either.block());
    } else if (type instanceof ListOf<?> list) {
      appendBlocksOf(page, path + "[]", list.element());
    }
  }

  private static String typeOf(ValueType<?> type, String path) {
    if (type instanceof Block<?>) {
      return "[a mapping](#" + anchor(path) + ")";
    }
    if (type instanceof WordOr<?> either) {
      return either.words().describe() + ", or [a mapping](#" + anchor(path) + ")";
    }
    if (type instanceof ListOf<?> list && list.element() instanceof Block<?>) {
      return "[" + list.describe() + "](#" + anchor(path + "[]") + ")";
    }
    return type.describe();
  }

  private static String pathOf(String path, Key<?> key) {
    return path.isEmpty() ? key.name() : path + "." + key.name();
  }

  /** The anchor that Markdown renderers give a heading: lower case, punctuation dropped. */
  private static String anchor(String path) {
    return path.replaceAll("[.\\[\\]]", "");
  }

  /** The same schema with its keywords in a fixed order; names and defaults keep theirs. */
  private static Object inOrder(Object schema) {
    if (schema instanceof List<?> list) {
      return list.stream().map(JobManual::inOrder).toList();
    }
    if (!(schema instanceof Map<?, ?> map)) {
      return schema;
    }
    Map<Integer, Map.Entry<Object, Object>> positions = new TreeMap<>();
    map.forEach((keyword, value) -> positions.put(position(keyword), Map.entry(keyword, value)));
    Map<Object, Object> ordered = new LinkedHashMap<>();
    positions
        .values()
        .forEach(entry -> ordered.put(entry.getKey(), below(entry.getKey(), entry.getValue())));
    return ordered;
  }

  private static int position(Object keyword) {
    int position = KEYWORDS.indexOf(keyword);
    if (position < 0) {
      throw new IllegalStateException("give the keyword " + keyword + " a place in KEYWORDS");
    }
    return position;
  }

  private static Object below(Object keyword, Object value) {
    if (keyword.equals("default")) {
      return value;
    }
    if (keyword.equals("properties") && value instanceof Map<?, ?> properties) {
      Map<Object, Object> ordered = new LinkedHashMap<>();
      properties.forEach((name, schema) -> ordered.put(name, inOrder(schema)));
      return ordered;
    }
    return inOrder(value);
  }
}
