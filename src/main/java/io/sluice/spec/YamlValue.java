package io.sluice.spec;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * One value of a job, with its place in the file and the means to read and to report it.
 *
 * @param anchor the node at which a lack of the value's parts is reported: its key, as a rule
 * @param node the value
 * @param path the value's place in the job, such as {@code source.topics[0]}; empty for the root
 * @param problems where problems are reported
 * @param references what resolves references in scalars
 */
record YamlValue(Node anchor, Node node, String path, Problems problems, References references) {

  private static final Set<Tag> NUMBERS = Set.of(Tag.INT, Tag.FLOAT);

  /** The value of an entry of this mapping. */
  YamlValue child(NodeTuple entry, String key) {
    return new YamlValue(
        entry.getKeyNode(), entry.getValueNode(), pathOf(key), problems, references);
  }

  /** An element of this list. */
  YamlValue element(Node element, int index) {
    return new YamlValue(element, element, path + "[" + index + "]", problems, references);
  }

  /** The value that stands for a key that is not given. */
  YamlValue missing(String key, Node standIn) {
    return new YamlValue(anchor, standIn, pathOf(key), problems, references);
  }

  /** The path of a key of this mapping. */
  String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** The entries of this mapping; null when it is none, which is then reported. */
  @Nullable List<NodeTuple> entries(String wanted) {
    if (node instanceof MappingNode mapping) {
      return mapping.getValue();
    }
    rejectType(wanted);
    return null;
  }

  /** The elements of this list; null when it is none, which is then reported. */
  @Nullable List<Node> elements(String wanted) {
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue();
    }
    rejectType(wanted);
    return null;
  }

  /** The text of a key of this mapping; null when it is no text, which is then reported. */
  @Nullable String key(NodeTuple entry) {
    if (entry.getKeyNode() instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    problems.add(
        ProblemCode.WRONG_TYPE,
        entry.getKeyNode(),
        path,
        "a key is text, but this is " + shapeOf(entry.getKeyNode()),
        null);
    return null;
  }

  /**
   * This scalar with its references replaced; null when it is no scalar, has no value or a bad
   * reference, which is then reported.
   */
  @Nullable String scalar(String wanted) {
    if (!(node instanceof ScalarNode scalar) || isNothing()) {
      rejectType(wanted);
      return null;
    }
    try {
      return references.resolve(scalar.getValue());
    } catch (References.BadReferenceException e) {
      problems.addAt(e.code(), node, e.reference(), path, String.valueOf(e.getMessage()), e.hint());
      return null;
    }
  }

  /** Whether this is a number or a truth value as YAML sees it, so no text. */
  boolean isNotText() {
    return NUMBERS.contains(node.getTag()) || Tag.BOOL.equals(node.getTag());
  }

  /** Whether no value stands here. */
  boolean isNothing() {
    return Tag.NULL.equals(node.getTag());
  }

  /** What kind of value this is, in words. */
  String shape() {
    return shapeOf(node);
  }

  /**
   * This scalar as a message may show it: as the file has it, so that what a reference resolves to
   * stays unseen.
   */
  String shown() {
    if (!(node instanceof ScalarNode scalar)) {
      return shape();
    }
    String raw = scalar.getValue();
    return References.isIn(raw) ? "the value of '" + raw + "'" : "'" + raw + "'";
  }

  /** Reports that the value has the wrong shape. */
  void rejectType(String wanted) {
    String message =
        isNothing()
            ? "has no value; " + wanted + " is needed"
            : wanted + " is needed, but this is " + shape();
    reject(ProblemCode.WRONG_TYPE, isNothing() ? anchor : node, message, null);
  }

  /** Reports a problem with this value. */
  void reject(ProblemCode code, String message, @Nullable String hint) {
    reject(code, node, message, hint);
  }

  /** Reports a problem at this value's key. */
  void rejectKey(ProblemCode code, String path, String message, @Nullable String hint) {
    problems.add(code, anchor, path, message, hint);
  }

  /** Where the text of this value begins. */
  SourceMark mark() {
    SourceText text = problems.textOf(node);
    Mark start = node.getStartMark().orElseThrow();
    boolean block =
        node instanceof ScalarNode scalar
            && (scalar.getScalarStyle() == ScalarStyle.LITERAL
                || scalar.getScalarStyle() == ScalarStyle.FOLDED);
    int line = block ? start.getLine() + 1 : start.getLine();
    int column = block ? text.indent(line) : start.getColumn();
    return new SourceMark(text.name(), line + 1, column + 1);
  }

  private void reject(ProblemCode code, Node at, String message, @Nullable String hint) {
    problems.add(code, at, path, message, hint);
  }

  private static String shapeOf(Node node) {
    if (node instanceof MappingNode) {
      return "a mapping";
    }
    if (node instanceof SequenceNode) {
      return "a list";
    }
    if (NUMBERS.contains(node.getTag())) {
      return "a number";
    }
    if (Tag.BOOL.equals(node.getTag())) {
      return "a truth value";
    }
    return Tag.NULL.equals(node.getTag()) ? "nothing" : "text";
  }
}
