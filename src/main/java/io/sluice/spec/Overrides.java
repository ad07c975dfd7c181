package io.sluice.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Sets single keys of a job from the command line, {@code dotted.path=value}, before it is read.
 *
 * <p>The value is YAML: a word, a number, or a list or mapping in flow style. Below {@code options}
 * and {@code properties} the rest of the path is one key, dots included.
 */
final class Overrides {

  private static final String NAME = "--set";

  private final ValueType<?> job;
  private final Problems problems;

  Overrides(ValueType<?> job, Problems problems) {
    this.job = job;
    this.problems = problems;
  }

  /**
   * The job with all settings applied, in their order; those that cannot be are reported.
   *
   * @param root the root of the job
   * @param settings each {@code dotted.path=value}
   */
  Node apply(Node root, List<String> settings) {
    Node changed = root;
    for (String setting : settings) {
      if (changed instanceof MappingNode mapping) {
        changed = apply(mapping, setting);
      }
    }
    return changed;
  }

  private MappingNode apply(MappingNode root, String setting) {
    SourceText text = new SourceText(NAME, setting);
    String label = NAME + " " + setting;
    problems.register(label, text);
    int equals = setting.indexOf('=');
    if (equals <= 0) {
      reject(text, 0, "this is not a setting", "write --set key=value");
      return root;
    }
    String path = setting.substring(0, equals);
    String padding = " ".repeat(setting.codePointCount(0, equals + 1));
    String value = setting.substring(equals + 1);
    if (value.isBlank()) {
      reject(text, 0, "the key '" + path + "' gets no value", "write --set " + path + "=value");
      return root;
    }
    Node node = YamlText.compose(label, text, padding + value, problems);
    MappingNode changed = node == null ? null : with(root, job, path, path, node, text);
    return changed == null ? root : changed;
  }

  /** The mapping with the value below the path; null when there is no such path. */
  private @Nullable MappingNode with(
      MappingNode mapping,
      ValueType<?> type,
      String path,
      String wholePath,
      Node value,
      SourceText text) {
    Optional<ValueType.Child> child = type.child(path);
    if (child.isEmpty()) {
      rejectPath(type, path, wholePath, text);
      return null;
    }
    String key = child.get().key();
    String rest = child.get().rest();
    if (rest.isEmpty()) {
      return with(mapping, key, value);
    }
    MappingNode below =
        find(mapping, key) instanceof MappingNode existing ? existing : emptyAt(value);
    MappingNode changed = with(below, child.get().type(), rest, wholePath, value, text);
    return changed == null ? null : with(mapping, key, changed);
  }

  private void rejectPath(ValueType<?> type, String path, String wholePath, SourceText text) {
    String before = wholePath.substring(0, wholePath.length() - path.length());
    int dot = path.indexOf('.');
    String wrong = dot < 0 ? path : path.substring(0, dot);
    List<String> names = type.keyNames();
    if (names.isEmpty()) {
      String parent = before.substring(0, before.length() - 1);
      reject(
          text,
          before.length(),
          "'" + parent + "' has no keys below it",
          "set all of it: --set " + parent + "=value");
      return;
    }
    reject(
        text,
        before.length(),
        "a job has no key '" + before + wrong + "'",
        NearName.of(wrong, names)
            .map(near -> "did you mean '" + before + near + "'?")
            .orElse("the keys here are " + String.join(", ", names)));
  }

  private void reject(SourceText text, int column, String message, String hint) {
    problems.addWithout(ProblemCode.INVALID_OVERRIDE, text, 0, column, message, hint);
  }

  private static @Nullable Node find(MappingNode mapping, String key) {
    return mapping.getValue().stream()
        .filter(entry -> isKey(entry, key))
        .map(NodeTuple::getValueNode)
        .findFirst()
        .orElse(null);
  }

  private static MappingNode with(MappingNode mapping, String key, Node value) {
    List<NodeTuple> entries = new ArrayList<>();
    boolean found = false;
    for (NodeTuple entry : mapping.getValue()) {
      boolean replaced = !found && isKey(entry, key);
      entries.add(replaced ? new NodeTuple(entry.getKeyNode(), value) : entry);
      found |= replaced;
    }
    if (!found) {
      entries.add(
          new NodeTuple(
              new ScalarNode(
                  Tag.STR, true, key, ScalarStyle.PLAIN, value.getStartMark(), value.getEndMark()),
              value));
    }
    return new MappingNode(
        Tag.MAP, true, entries, FlowStyle.BLOCK, mapping.getStartMark(), mapping.getEndMark());
  }

  private static MappingNode emptyAt(Node value) {
    return new MappingNode(
        Tag.MAP, true, List.of(), FlowStyle.BLOCK, value.getStartMark(), value.getEndMark());
  }

  private static boolean isKey(NodeTuple entry, String key) {
    return entry.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key);
  }
}
