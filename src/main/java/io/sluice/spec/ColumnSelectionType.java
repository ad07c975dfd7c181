package io.sluice.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * All columns, none, some, or all but some: {@code true}, {@code false}, a list, or {@code {except:
 * [...]}}.
 *
 * @param columns a list of columns
 */
record ColumnSelectionType(ListOf<String> columns) implements ValueType<ColumnSelection> {

  @Override
  public @Nullable ColumnSelection read(YamlValue value) {
    if (value.node() instanceof MappingNode) {
      return except().read(value);
    }
    if (value.node() instanceof SequenceNode) {
      List<String> names = columns.read(value);
      return names == null ? null : ColumnSelection.only(names);
    }
    if (value.isNothing()) {
      value.rejectType(describe());
      return null;
    }
    Boolean all = Scalars.bool().read(value);
    if (all == null) {
      return null;
    }
    return all ? ColumnSelection.all() : ColumnSelection.none();
  }

  private Block<ColumnSelection> except() {
    Key<List<String>> names = Key.required("except", columns, "The columns that are left out.");
    return new Block<>(
        "All columns but some.",
        List.of(names),
        List.of(),
        keys -> ColumnSelection.allBut(keys.get(names)));
  }

  @Override
  public Optional<Child> child(String path) {
    return except().child(path);
  }

  @Override
  public List<String> keyNames() {
    return except().keyNames();
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("anyOf", List.of(Scalars.bool().schema(), columns.schema(), except().schema()));
    return schema;
  }

  @Override
  public String describe() {
    return "true, false, a list of columns, or {except: [...]}";
  }
}
