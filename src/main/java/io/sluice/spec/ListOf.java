package io.sluice.spec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A list with at least one element, in which nothing stands twice.
 *
 * @param element what its elements are
 * @param plural the elements in words, as in "a list of {@code topics}"
 * @param <T> what an element is read as
 */
record ListOf<T>(ValueType<T> element, String plural) implements ValueType<List<T>> {

  /** Names of columns. */
  static final ListOf<String> COLUMNS = new ListOf<>(Scalars.text(), "columns");

  @Override
  public @Nullable List<T> read(YamlValue value) {
    List<Node> nodes = value.elements(describe());
    if (nodes == null) {
      return null;
    }
    if (nodes.isEmpty()) {
      value.reject(ProblemCode.INVALID_VALUE, "the list is empty", null);
      return null;
    }
    List<T> elements = new ArrayList<>();
    Set<T> seen = new HashSet<>();
    for (int i = 0; i < nodes.size(); i++) {
      YamlValue at = value.element(nodes.get(i), i);
      T read = element.read(at);
      if (read != null && !seen.add(read)) {
        at.reject(
            ProblemCode.INVALID_VALUE, at.shown() + " stands twice in the list", "remove one");
      } else if (read != null) {
        elements.add(read);
      }
    }
    return elements.size() == nodes.size() ? elements : null;
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "array");
    schema.put("minItems", 1);
    schema.put("items", element.schema());
    return schema;
  }

  @Override
  public String describe() {
    return "a list of " + plural;
  }
}
