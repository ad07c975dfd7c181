package io.sluice.spec;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * Turns a text into YAML nodes, within limits that a hostile text cannot stretch.
 *
 * <p>Depth is counted over the parser's events first, since the composer recurses; the nodes are
 * counted after it, since aliases multiply them.
 */
final class YamlText {

  static final int MOST_CODE_POINTS = 3 * 1024 * 1024;
  static final int MOST_ALIASES = 50;
  static final int DEEPEST = 50;
  static final int MOST_NODES = 100_000;

  private static final String TOO_MANY_ALIASES = "Number of aliases";

  private final SourceText text;
  private final Problems problems;
  private final LoadSettings settings;
  private int nodes;

  private YamlText(String label, SourceText text, Problems problems) {
    this.text = text;
    this.problems = problems;
    this.settings =
        LoadSettings.builder()
            .setLabel(label)
            .setSchema(new CoreSchema())
            .setAllowNonScalarKeys(true)
            .setCodePointLimit(MOST_CODE_POINTS)
            .setMaxAliasesForCollections(MOST_ALIASES)
            .build();
  }

  /**
   * The root node of a text; null when there is none, which is then reported.
   *
   * @param label what the marks of the nodes carry as their name
   * @param text where positions are shown
   * @param yaml what is parsed, with the same positions as {@code text}
   */
  static @Nullable Node compose(String label, SourceText text, String yaml, Problems problems) {
    return new YamlText(label, text, problems).compose(yaml);
  }

  private @Nullable Node compose(String yaml) {
    if (yaml.codePointCount(0, yaml.length()) > MOST_CODE_POINTS) {
      tooLarge(0, 0, "is longer than " + MOST_CODE_POINTS + " characters");
      return null;
    }
    try {
      if (isTooDeep(yaml)) {
        return null;
      }
      Optional<Node> root = new Compose(settings).composeString(yaml);
      if (root.isEmpty()) {
        problems.addForFile(ProblemCode.NOT_YAML, "the file is empty", null);
        return null;
      }
      return isTooLarge(root.get(), 1) ? null : root.get();
    } catch (MarkedYamlEngineException e) {
      reportSyntax(e);
    } catch (YamlEngineException e) {
      reportUnmarked(e);
    }
    return null;
  }

  private boolean isTooDeep(String yaml) {
    int depth = 0;
    for (Event event : new Parse(settings).parseString(yaml)) {
      Event.ID id = event.getEventId();
      if (id == Event.ID.MappingStart || id == Event.ID.SequenceStart) {
        depth++;
      } else if (id == Event.ID.MappingEnd || id == Event.ID.SequenceEnd) {
        depth--;
      }
      if (depth > DEEPEST) {
        Mark mark = event.getStartMark().orElseThrow();
        tooLarge(mark.getLine(), mark.getColumn(), "is nested deeper than " + DEEPEST + " levels");
        return true;
      }
    }
    return false;
  }

  private boolean isTooLarge(Node node, int depth) {
    Mark mark = node.getStartMark().orElseThrow();
    if (depth > DEEPEST) {
      tooLarge(
          mark.getLine(),
          mark.getColumn(),
          "is nested deeper than " + DEEPEST + " levels by its aliases");
      return true;
    }
    if (++nodes > MOST_NODES) {
      tooLarge(
          mark.getLine(),
          mark.getColumn(),
          "has more than " + MOST_NODES + " values when its aliases are counted");
      return true;
    }
    if (node instanceof SequenceNode sequence) {
      return sequence.getValue().stream().anyMatch(element -> isTooLarge(element, depth + 1));
    }
    if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        if (isTooLarge(entry.getKeyNode(), depth + 1)
            || isTooLarge(entry.getValueNode(), depth + 1)) {
          return true;
        }
      }
    }
    return false;
  }

  private void tooLarge(int line, int column, String what) {
    problems.addWithout(
        ProblemCode.TOO_LARGE,
        text,
        line,
        column,
        "the text " + what,
        "a job is a page of text; make it smaller");
  }

  private void reportSyntax(MarkedYamlEngineException failure) {
    Optional<Mark> mark = failure.getProblemMark().or(failure::getContextMark);
    int line = mark.map(Mark::getLine).orElse(0);
    int column = mark.map(Mark::getColumn).orElse(0);
    String problem = String.valueOf(failure.getProblem());
    if (problem.startsWith(TOO_MANY_ALIASES)) {
      tooLarge(line, column, "has more than " + MOST_ALIASES + " aliases of lists and mappings");
      return;
    }
    boolean reference = column > 0 && text.columnOf("${", line, column - 1) == column - 1;
    String context = failure.getContext();
    problems.addWithout(
        ProblemCode.NOT_YAML,
        text,
        line,
        column,
        "this is not YAML: " + (context == null ? "" : context + ", ") + problem,
        reference
            ? "between { } or [ ], put a text with ${...} in quotes"
            : "look at the indentation, and put text with special characters in quotes");
  }

  private void reportUnmarked(YamlEngineException failure) {
    if (String.valueOf(failure.getMessage()).startsWith(TOO_MANY_ALIASES)) {
      tooLarge(0, 0, "has more than " + MOST_ALIASES + " aliases of lists and mappings");
      return;
    }
    problems.addForFile(
        ProblemCode.NOT_YAML,
        "this is not YAML: " + String.valueOf(failure.getMessage()).lines().findFirst().orElse(""),
        null);
  }
}
