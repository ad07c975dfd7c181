package io.sluice.explain;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Why the row of a key is what it is.
 *
 * @param job the job's name
 * @param table its table
 * @param key the key's columns and their values as text
 * @param rows the rows of the key: one or none, or all versions
 * @param messages its messages, in the order in which the table has read them
 * @param agrees whether the messages give the rows
 * @param notes what has to be known to trust the answer, a sentence each
 */
public record Explanation(
    String job,
    String table,
    Map<String, String> key,
    List<TableFacts.KeyRow> rows,
    List<Judged> messages,
    boolean agrees,
    List<String> notes) {

  /** Keeps copies, the key in its order. */
  public Explanation {
    key = Collections.unmodifiableMap(new LinkedHashMap<>(key));
    rows = List.copyOf(rows);
    messages = List.copyOf(messages);
    notes = List.copyOf(notes);
  }

  /** Whether anything is known of the key; events that empty the table are about no key. */
  public boolean isKnown() {
    return !rows.isEmpty()
        || messages.stream().anyMatch(each -> each.message().kind() != KeyMessage.Kind.TRUNCATE);
  }
}
