package io.sluice.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The key columns are among those that are stored.
 *
 * @param keys the key columns
 * @param columns the columns that are stored
 * @param exceptColumns the columns that are not
 */
record KeysAreStored(
    Key<List<String>> keys, Key<List<String>> columns, Key<List<String>> exceptColumns)
    implements Rule {

  @Override
  public boolean check(Bound bound, YamlValue block) {
    List<String> named = bound.find(keys);
    if (named == null) {
      return true;
    }
    List<String> stored = bound.find(columns);
    List<String> left = bound.find(exceptColumns);
    boolean right = true;
    for (String key : named) {
      if (stored != null && !ColumnSelection.only(stored).has(key)) {
        reject(bound.given(columns), "does not have the key column '" + key + "'", "add it");
        right = false;
      }
      if (left != null && ColumnSelection.only(left).has(key)) {
        reject(bound.given(exceptColumns), "has the key column '" + key + "'", "take it out");
        right = false;
      }
    }
    return right;
  }

  private static void reject(@Nullable YamlValue at, String what, String hint) {
    if (at != null) {
      at.rejectKey(ProblemCode.CONFLICTING_KEYS, at.path(), "the list " + what, hint);
    }
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of();
  }

  @Override
  public String doc() {
    return "The columns of `%s` are among those that are stored.".formatted(keys.name());
  }
}
