package io.sluice.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * One of some words, or a block for what a word cannot say.
 *
 * @param words the words
 * @param block the block
 * @param <T> what either is read as
 */
record WordOr<T>(ScalarType<T> words, Block<T> block) implements ValueType<T> {

  @Override
  public @Nullable T read(YamlValue value) {
    if (value.node() instanceof MappingNode) {
      return block.read(value);
    }
    if (value.isNothing() || !(value.node() instanceof ScalarNode)) {
      value.rejectType(describe());
      return null;
    }
    return words.read(value);
  }

  @Override
  public Optional<Child> child(String path) {
    return block.child(path);
  }

  @Override
  public List<String> keyNames() {
    return block.keyNames();
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("anyOf", List.of(words.schema(), block.schema()));
    return schema;
  }

  @Override
  public String describe() {
    return words.describe() + ", or " + block.describe();
  }
}
