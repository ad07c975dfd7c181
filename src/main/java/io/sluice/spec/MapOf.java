package io.sluice.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * A mapping whose keys are free, or follow a pattern.
 *
 * @param key what its keys are
 * @param value what its values are
 * @param words the mapping in words, as in "{@code a mapping of names to texts} is needed"
 * @param <K> what a key is read as
 * @param <V> what a value is read as
 */
record MapOf<K, V>(ScalarType<K> key, ValueType<V> value, String words)
    implements ValueType<Map<K, V>> {

  @Override
  public @Nullable Map<K, V> read(YamlValue mapping) {
    List<NodeTuple> entries = mapping.entries(describe());
    if (entries == null) {
      return null;
    }
    Map<K, V> map = new LinkedHashMap<>();
    boolean right = true;
    for (NodeTuple entry : entries) {
      right &= readEntry(entry, mapping, map);
    }
    return right ? map : null;
  }

  private boolean readEntry(NodeTuple entry, YamlValue mapping, Map<K, V> map) {
    String name = mapping.key(entry);
    if (name == null) {
      return false;
    }
    YamlValue child = mapping.child(entry, name);
    K readKey = key.readKey(name, child);
    V readValue = value.read(child);
    if (readKey == null || readValue == null) {
      return false;
    }
    if (map.putIfAbsent(readKey, readValue) != null) {
      child.rejectKey(
          ProblemCode.DUPLICATE_KEY, child.path(), "this key is given twice", "remove one");
      return false;
    }
    return true;
  }

  @Override
  public Optional<Child> child(String path) {
    return Optional.of(new Child(path, value, ""));
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("propertyNames", key.schema());
    schema.put("additionalProperties", value.schema());
    return schema;
  }

  @Override
  public String describe() {
    return words;
  }
}
