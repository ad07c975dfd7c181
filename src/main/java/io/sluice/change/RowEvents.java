package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.Document.Fields;
import java.util.List;

/**
 * The events of one row whose message tells the row and, beside it, what has changed in it. An
 * update of the key is two events: the row is gone under its old key, and there under the new one.
 */
final class RowEvents {

  private RowEvents() {}

  /**
   * Adds them.
   *
   * @param row the row as it is now, or was before it was deleted
   * @param old the former values of what an update has changed
   */
  static void add(
      List<ChangeEvent> events,
      Op op,
      List<String> keys,
      Fields row,
      JsonNode old,
      SourceFacts source) {
    Fields key = ChangeReader.key(row, keys);
    if (op == Op.DELETE) {
      Fields gone = keys.isEmpty() ? row : key;
      events.add(new RowChange(op, events.size(), keys, List.of(gone), false, source));
      return;
    }
    if (op == Op.UPDATE) {
      ObjectNode before = key.values().deepCopy();
      for (String name : keys) {
        String former = ChangeReader.field(old, name);
        String field = ChangeReader.field(key.values(), name);
        if (former != null && field != null) {
          before.set(field, old.get(former));
        }
      }
      if (!before.equals(key.values())) {
        List<Fields> gone = List.of(new Fields(before, key.type()));
        events.add(new RowChange(Op.DELETE, events.size(), keys, gone, false, source));
      }
    }
    events.add(new RowChange(op, events.size(), keys, List.of(row), true, source));
  }
}
