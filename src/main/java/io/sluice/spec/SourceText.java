package io.sluice.spec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * A text with positions, able to show a line of itself with carets, the secrets in it masked.
 *
 * <p>Lines and columns count from 0 and in code points, as those of the YAML parser do.
 */
final class SourceText {

  private static final int WIDEST = 160;
  private static final int LONGEST = 10_000;
  private static final String MASK = "***";

  private final String name;
  private final List<String> lines;
  private final List<Span> hidden = new ArrayList<>();

  SourceText(String name, String text) {
    this.name = name;
    this.lines = text.lines().toList();
  }

  /** A stretch of code points, the end exclusive. */
  private record Span(Mark start, Mark end) {

    boolean touches(int line) {
      return line >= start.getLine() && line <= end.getLine();
    }

    boolean holds(int line, int column) {
      boolean started =
          line > start.getLine() || (line == start.getLine() && column >= start.getColumn());
      return started
          && (line < end.getLine() || (line == end.getLine() && column < end.getColumn()));
    }
  }

  /** The name under which positions in this text are printed. */
  String name() {
    return name;
  }

  /** The lines, without their ends. */
  List<String> lines() {
    return lines;
  }

  /** Masks the text of a node in every excerpt from now on. */
  void hide(Node node) {
    node.getStartMark()
        .ifPresent(start -> node.getEndMark().ifPresent(end -> hidden.add(new Span(start, end))));
  }

  /** The column of the first character of a line that is not a space; 0 for an empty line. */
  int indent(int line) {
    if (line >= lines.size()) {
      return 0;
    }
    String text = lines.get(line);
    return text.length() - text.stripLeading().length();
  }

  /** The first column from {@code from} on at which a line holds the text; -1 if none. */
  int columnOf(String part, int line, int from) {
    if (line >= lines.size()) {
      return -1;
    }
    int[] points = lines.get(line).codePoints().toArray();
    int[] wanted = part.codePoints().toArray();
    for (int at = from; at + wanted.length <= points.length; at++) {
      if (Arrays.equals(points, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  /**
   * A line with carets below the given columns, both behind a gutter with the line's number; empty
   * when the text has no such line, or one that is too long to be shown.
   */
  String excerpt(int line, int column, int width) {
    if (line >= lines.size() || lines.get(line).length() > LONGEST) {
      return "";
    }
    int[] points = lines.get(line).codePoints().toArray();
    List<Span> spans = hidden.stream().filter(span -> span.touches(line)).toList();
    int[] shownAt = new int[points.length + 1];
    List<Integer> shown = new ArrayList<>();
    boolean masking = false;
    for (int i = 0; i < points.length; i++) {
      int at = i;
      boolean mask = spans.stream().anyMatch(span -> span.holds(line, at));
      if (mask && !masking) {
        MASK.codePoints().forEach(shown::add);
      } else if (!mask) {
        shown.add(Character.isISOControl(points[i]) ? ' ' : points[i]);
      }
      masking = mask;
      shownAt[i] = mask ? shown.size() - MASK.length() : shown.size() - 1;
    }
    shownAt[points.length] = shown.size();
    int caret = shownAt[Math.min(column, points.length)];
    int end = shownAt[Math.min(column + width, points.length)];
    return framed(line + 1, shown.stream().mapToInt(i -> i).toArray(), caret, end);
  }

  private static String framed(int number, int[] shown, int caret, int end) {
    int first = shown.length <= WIDEST ? 0 : Math.max(0, caret - WIDEST / 2);
    int last = Math.min(shown.length, first + WIDEST);
    String text = new String(shown, first, last - first).stripTrailing();
    String carets = "^".repeat(Math.max(1, Math.min(end, last) - caret));
    String margin = " ".repeat(String.valueOf(number).length());
    return "  "
        + number
        + " | "
        + text
        + "\n"
        + "  "
        + margin
        + " | "
        + " ".repeat(caret - first)
        + carets
        + "\n";
  }
}
