package io.sluice.spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Collects everything that is wrong with one job.
 *
 * <p>Excerpts are cut when all is read, so that a secret that is found late is masked in a problem
 * that was found early.
 */
final class Problems {

  private final SourceText file;
  private final Map<String, SourceText> texts = new LinkedHashMap<>();
  private final List<Draft> drafts = new ArrayList<>();

  /** Starts with the file; what has no position of its own is reported at its beginning. */
  Problems(SourceText file) {
    this.file = file;
    texts.put(file.name(), file);
  }

  private record Draft(
      ProblemCode code,
      SourceText text,
      int line,
      int column,
      int width,
      String path,
      String message,
      @Nullable String hint,
      boolean withExcerpt) {

    Problem finished() {
      String excerpt = withExcerpt ? text.excerpt(line, column, width) : "";
      return new Problem(
          code,
          new SourceMark(text.name(), line + 1, column + 1),
          path,
          printable(message),
          hint,
          excerpt.isEmpty() ? null : excerpt);
    }
  }

  /** Makes a further text known, whose nodes carry {@code label} in their marks. */
  void register(String label, SourceText text) {
    texts.put(label, text);
  }

  /** Reports a problem with a node. */
  void add(ProblemCode code, Node node, String path, String message, @Nullable String hint) {
    Mark start = start(node);
    add(code, node, start.getColumn(), widthOf(node), path, message, hint);
  }

  /** Reports a problem with a part of a scalar, which is looked for on the scalar's first line. */
  void addAt(ProblemCode code, Node node, String part, String path, String message, String hint) {
    Mark start = start(node);
    int found = textOf(node).columnOf(part, start.getLine(), start.getColumn());
    int column = found < 0 ? start.getColumn() : found;
    int width = found < 0 ? 1 : part.codePointCount(0, part.length());
    add(code, node, column, width, path, message, hint);
  }

  /**
   * Reports a problem at a position of a text, at which no nodes are known, so that no secret could
   * be masked in an excerpt.
   */
  void addWithout(
      ProblemCode code, SourceText text, int line, int column, String message, String hint) {
    boolean safe = !LiteralSecrets.mayBeIn(text);
    drafts.add(new Draft(code, text, line, column, 1, "", message, hint, safe));
  }

  /** Reports a problem with the whole file. */
  void addForFile(ProblemCode code, String message, @Nullable String hint) {
    drafts.add(new Draft(code, file, 0, 0, 1, "", message, hint, false));
  }

  /** The text that a node was read from. */
  SourceText textOf(Node node) {
    return texts.getOrDefault(start(node).getName(), file);
  }

  /** Whether anything more than a warning was reported. */
  boolean hasErrors() {
    return drafts.stream().anyMatch(draft -> !draft.code().isWarning());
  }

  /** All problems in the order of the file; those of further texts after it. */
  List<Problem> finished() {
    List<SourceText> order = List.copyOf(texts.values());
    return drafts.stream()
        .sorted(
            Comparator.<Draft>comparingInt(draft -> order.indexOf(draft.text()))
                .thenComparingInt(Draft::line)
                .thenComparingInt(Draft::column))
        .map(Draft::finished)
        .toList();
  }

  private void add(
      ProblemCode code,
      Node node,
      int column,
      int width,
      String path,
      String message,
      @Nullable String hint) {
    int line = start(node).getLine();
    drafts.add(new Draft(code, textOf(node), line, column, width, path, message, hint, true));
  }

  private static int widthOf(Node node) {
    Mark start = start(node);
    return node.getEndMark()
        .filter(end -> end.getLine() == start.getLine())
        .map(end -> end.getColumn() - start.getColumn())
        .orElse(1);
  }

  private static Mark start(Node node) {
    return node.getStartMark().orElseThrow();
  }

  private static String printable(String message) {
    return message.replaceAll("\\p{Cntrl}", "?");
  }
}
