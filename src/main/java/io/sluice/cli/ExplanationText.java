package io.sluice.cli;

import io.sluice.explain.Explanation;
import io.sluice.explain.Judged;
import io.sluice.explain.KeyMessage;
import io.sluice.explain.KeyMessage.Kind;
import io.sluice.explain.Position;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An explanation for people: the rows, a line per message, and what has to be known besides. */
final class ExplanationText {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final int WIDEST_VALUES = 48;
  private static final int WIDEST_ROW = 120;

  private final Explanation explanation;
  private final boolean isOneLog;
  private final boolean isBySequence;

  private ExplanationText(Explanation explanation) {
    this.explanation = explanation;
    this.isOneLog =
        explanation.messages().stream()
                .map(each -> log(each.message().position()))
                .distinct()
                .count()
            == 1;
    this.isBySequence =
        explanation.messages().stream().anyMatch(each -> each.message().point() != null);
  }

  static String of(Explanation explanation) {
    return new ExplanationText(explanation).text();
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    String key =
        explanation.key().entrySet().stream()
            .map(each -> each.getKey() + " = " + each.getValue())
            .collect(Collectors.joining(", "));
    line(text, explanation.job() + "  " + explanation.table());
    line(text, "  key    " + key);
    if (isOneLog) {
      line(text, "  topic  " + log(explanation.messages().get(0).message().position()));
    }
    line(text, "");
    if (explanation.rows().isEmpty()) {
      line(text, "  no row" + deleted());
    }
    explanation
        .rows()
        .forEach(
            row ->
                line(
                    text,
                    "  row    " + cut(row.json(), WIDEST_ROW) + "  by " + id(row.position())));
    line(text, "");
    table().forEach(each -> line(text, "  " + each));
    if (!explanation.notes().isEmpty()) {
      line(text, "");
      explanation.notes().forEach(note -> line(text, "  note: " + note));
    }
    return text.toString();
  }

  private String deleted() {
    return explanation.messages().stream()
        .filter(each -> each.stands() && each.message().kind() != Kind.UPSERT)
        .findFirst()
        .map(
            each ->
                ": %s %s"
                    .formatted(
                        id(each.message().position()),
                        each.message().kind() == Kind.TRUNCATE
                            ? "emptied the table"
                            : "deleted it"))
        .orElse("");
  }

  private List<String> table() {
    List<List<String>> lines = new ArrayList<>();
    List<String> head =
        new ArrayList<>(List.of("", "MESSAGE", "PUBLISHED (UTC)", "SCHEMA", "EVENT"));
    if (isBySequence) {
      head.add("ORDER");
    }
    head.addAll(List.of("VALUES", "BATCH", "VERSION", "OUTCOME"));
    lines.add(head);
    Map<String, String> above = Map.of();
    for (Judged each : explanation.messages()) {
      lines.add(cells(each, above));
      if (each.message().kind().isEvent()) {
        above = each.message().content();
      }
    }
    int[] widths = new int[head.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    return lines.stream().map(line -> aligned(line, widths)).toList();
  }

  private static String aligned(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(cells.get(i)).append(" ".repeat(widths[i] - cells.get(i).length()));
      line.append(i == 0 ? " " : "  ");
    }
    return line.toString();
  }

  private List<String> cells(Judged judged, Map<String, String> above) {
    KeyMessage message = judged.message();
    Instant published = message.publishTime();
    Judged.Taken taken = judged.taken();
    List<String> cells =
        new ArrayList<>(
            List.of(
                judged.stands() ? "*" : "",
                id(message.position()),
                message.gone() ? "gone" : published == null ? "" : TIME.format(published),
                message.schemaVersion() == null ? "-" : message.schemaVersion().toString(),
                message.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ')));
    if (isBySequence) {
      cells.add(message.point() == null ? "-" : message.point());
    }
    cells.add(message.kind() == Kind.UPSERT ? values(message, above) : "-");
    cells.add(taken == null ? "-" : Long.toString(taken.batch()));
    cells.add(taken == null ? "-" : Long.toString(taken.version()));
    cells.add(outcome(judged));
    return cells;
  }

  /** What the event writes, where that is other than in the event above. */
  private static String values(KeyMessage message, Map<String, String> above) {
    Map<String, String> content = message.content();
    String values =
        new TreeSet<>(message.written())
            .stream()
                .filter(column -> !Objects.equals(content.get(column), above.get(column)))
                .map(column -> column + "=" + content.getOrDefault(column, "null"))
                .collect(Collectors.joining(" "));
    return values.isEmpty() ? "the same" : cut(values, WIDEST_VALUES);
  }

  private static String cut(String text, int widest) {
    return text.length() <= widest ? text : text.substring(0, widest - 3) + "...";
  }

  private String outcome(Judged judged) {
    Position by = judged.by();
    String other = by == null ? null : id(by);
    String reason = judged.message().reason();
    return switch (judged.outcome()) {
      case APPLIED -> applied(judged, other) + behind("; in part ", reason);
      case SUPERSEDED -> "superseded in its batch" + behind(" by ", other);
      case LATE -> "late: the table had " + (other == null ? "a later event" : other);
      case REPEATED -> "repeats" + behind(" ", other);
      case NOT_READ -> "not read yet" + behind(": ", reason);
      case QUARANTINED, DROPPED, SKIPPED ->
          judged.outcome().name().toLowerCase(Locale.ROOT) + behind(": ", reason);
      case BEFORE_START, LEFT_OUT -> judged.outcome().meaning();
      case UNKNOWN -> judged.outcome().meaning() + behind(": ", reason);
    };
  }

  private static String applied(Judged judged, @Nullable String other) {
    String applied = judged.late() ? "applied, came late" : "applied";
    if (!judged.certain()) {
      return applied
          + ", unless it was late against a message that is gone"
          + behind("; replaced by ", other);
    }
    if (!judged.stands()) {
      return applied + behind(", then replaced by ", other);
    }
    if (judged.message().kind() != Kind.UPSERT
        || judged.columns().containsAll(judged.message().written())) {
      return applied;
    }
    return applied
        + (judged.columns().isEmpty()
            ? ", begins a version"
            : ", still in " + String.join(", ", new TreeSet<>(judged.columns())));
  }

  private static String behind(String before, @Nullable String text) {
    return text == null ? "" : before + text;
  }

  private String id(Position position) {
    return isOneLog ? position.id() : shortLog(position) + " " + position.id();
  }

  private static String log(Position position) {
    return position.partition() < 0
        ? position.topic()
        : position.topic() + " partition " + position.partition();
  }

  /** The last part of the topic's name and the partition, as the topics of a job differ there. */
  private static String shortLog(Position position) {
    String name = position.topic().substring(position.topic().lastIndexOf('/') + 1);
    return position.partition() < 0 ? name : name + "/" + position.partition();
  }

  private static void line(StringBuilder text, String line) {
    text.append(line.stripTrailing()).append(System.lineSeparator());
  }
}
