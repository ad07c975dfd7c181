package io.sluice.spec;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.NodeTuple;

/**
 * A mapping with a fixed set of keys.
 *
 * @param doc what the block is about, in sentences for the manual
 * @param keys its keys, in the order of the manual
 * @param rules what holds between them
 * @param build makes the value of the block when all its keys are right
 * @param foreign keys that users of other products may expect here, and what to do instead
 * @param <T> what the block is read as
 */
record Block<T>(
    String doc,
    List<Key<?>> keys,
    List<Rule> rules,
    Function<Bound, T> build,
    Map<String, String> foreign)
    implements ValueType<T> {

  private static final LoadSettings SETTINGS = LoadSettings.builder().setLabel("default").build();

  /** A block whose keys nobody mistakes for those of another product. */
  Block(String doc, List<Key<?>> keys, List<Rule> rules, Function<Bound, T> build) {
    this(doc, keys, rules, build, Map.of());
  }

  @Override
  public @Nullable T read(YamlValue value) {
    List<NodeTuple> entries = value.entries(describe());
    if (entries == null) {
      return null;
    }
    Bound bound = new Bound();
    boolean right = sort(entries, value, bound);
    for (Key<?> key : keys) {
      right &= readKey(key, value, bound);
    }
    for (Rule rule : rules) {
      right &= rule.check(bound, value);
    }
    return right ? build.apply(bound) : null;
  }

  private boolean sort(List<NodeTuple> entries, YamlValue value, Bound bound) {
    boolean right = true;
    Set<String> seen = new HashSet<>();
    for (NodeTuple entry : entries) {
      String name = value.key(entry);
      if (name == null) {
        right = false;
        continue;
      }
      YamlValue child = value.child(entry, name);
      if (!seen.add(name)) {
        child.rejectKey(
            ProblemCode.DUPLICATE_KEY, child.path(), "this key is given twice", "remove one");
        right = false;
        continue;
      }
      Optional<Key<?>> known = key(name);
      known.ifPresentOrElse(
          key -> bound.putGiven(key, child), () -> rejectUnknown(name, child, bound));
      right &= known.isPresent();
    }
    return right;
  }

  private void rejectUnknown(String name, YamlValue child, Bound bound) {
    String instead = foreign.get(name);
    if (instead != null) {
      child.rejectKey(
          ProblemCode.UNKNOWN_KEY, child.path(), "there is no key '" + name + "' here", instead);
      return;
    }
    Optional<String> near = NearName.of(name, keyNames());
    near.flatMap(this::key).ifPresent(bound::putMeant);
    child.rejectKey(
        ProblemCode.UNKNOWN_KEY,
        child.path(),
        "there is no key '" + name + "' here",
        near.map(meant -> "did you mean '" + meant + "'?")
            .orElse("the keys here are " + String.join(", ", keyNames())));
  }

  private <K> boolean readKey(Key<K> key, YamlValue value, Bound bound) {
    YamlValue given = bound.given(key);
    String defaultText = key.defaultText();
    if (given == null && defaultText != null) {
      var standIn = new Compose(SETTINGS).composeString(defaultText).orElseThrow();
      given = value.missing(key.name(), standIn);
    }
    if (given == null) {
      if (!key.required() || bound.isGiven(key)) {
        return true;
      }
      value.rejectKey(
          ProblemCode.MISSING_KEY,
          value.pathOf(key.name()),
          "the key '" + key.name() + "' is missing",
          null);
      return false;
    }
    K read = key.type().read(given);
    if (read == null) {
      return false;
    }
    bound.putRead(key, read);
    return true;
  }

  private Optional<Key<?>> key(String name) {
    return keys.stream().filter(key -> key.name().equals(name)).findFirst();
  }

  @Override
  public List<String> keyNames() {
    return keys.stream().<String>map(Key::name).toList();
  }

  @Override
  public Optional<Child> child(String path) {
    int dot = path.indexOf('.');
    String name = dot < 0 ? path : path.substring(0, dot);
    String rest = dot < 0 ? "" : path.substring(dot + 1);
    return key(name).map(key -> new Child(name, key.type(), rest));
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> properties = new LinkedHashMap<>();
    List<String> required = new ArrayList<>();
    for (Key<?> key : keys) {
      Map<String, Object> property = new LinkedHashMap<>();
      property.put("description", key.doc());
      property.putAll(key.type().schema());
      if (key.defaultText() != null) {
        property.put("default", new Load(SETTINGS).loadFromString(key.defaultText()));
      }
      properties.put(key.name(), property);
      if (key.required()) {
        required.add(key.name());
      }
    }
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", "object");
    schema.put("additionalProperties", false);
    if (!required.isEmpty()) {
      schema.put("required", required);
    }
    schema.put("properties", properties);
    List<Map<String, Object>> conditions =
        rules.stream().map(Rule::schema).filter(condition -> !condition.isEmpty()).toList();
    if (!conditions.isEmpty()) {
      schema.put("allOf", conditions);
    }
    return schema;
  }

  @Override
  public String describe() {
    return "a mapping with the keys " + String.join(", ", keyNames());
  }
}
