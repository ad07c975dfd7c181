package io.sluice.runtime;

import static org.apache.spark.sql.functions.col;

import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.DeltaTarget;
import io.sluice.explain.KeyMessage;
import io.sluice.explain.KeyMessage.Kind;
import io.sluice.explain.Position;
import io.sluice.spec.TargetSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** The messages of a key that are in the quarantine of a job. */
final class KeyQuarantine {

  private final Map<Position, Kept> kept;

  private KeyQuarantine(Map<Position, Kept> kept) {
    this.kept = kept;
  }

  /**
   * A message in the quarantine.
   *
   * @param message what the quarantine knows of it
   * @param late whether it is an event that came too late to be merged
   * @param field the column that is to blame; null if none, or the whole
   */
  private record Kept(KeyMessage message, boolean late, @Nullable String field) {}

  /** Reads them; at most so many. */
  static KeyQuarantine of(SparkSession session, JobPlan plan, AskedKey key, int limit) {
    Map<Position, Kept> kept = new LinkedHashMap<>();
    TargetSpec spec = TargetSpec.of(plan.spec().target().quarantine());
    DeltaTarget.find(session, spec)
        .ifPresent(
            table ->
                session
                    .read()
                    .format("delta")
                    .load(table.location())
                    .where(col("job").equalTo(plan.name()).and(ofKey(key)))
                    .select(
                        "_position",
                        "publish_time",
                        "schema_version",
                        "error_class",
                        "error_field",
                        "error_message")
                    .orderBy(col("publish_time").desc())
                    .limit(limit)
                    .collectAsList()
                    .forEach(row -> put(row, kept)));
    return new KeyQuarantine(kept);
  }

  private static void put(Row row, Map<Position, Kept> kept) {
    Position position = JobExplainer.position(row.getStruct(0));
    KeyMessage message =
        KeyMessage.other(
            position,
            row.getTimestamp(1).toInstant(),
            row.isNullAt(2) ? null : row.getLong(2),
            Kind.BAD,
            true,
            JobExplainer.reason(row.getString(3), row.getString(4), row.getString(5)));
    boolean late = row.getString(3).equals(AutoCdcWrite.TOO_LATE);
    kept.put(position, new Kept(message, late, row.getString(4)));
  }

  /** An event that could be decoded but not merged is kept with its row as JSON. */
  private static Column ofKey(AskedKey key) {
    Column isEvent = col("error_class").isin(AutoCdcWrite.ERROR_CLASSES.toArray());
    return key.isNamedBy(col("key")).or(isEvent.and(key.isKeyOf(col("payload"))));
  }

  Set<Position> positions() {
    return kept.keySet();
  }

  /** The messages as the table has taken them, and those that only the quarantine knows. */
  List<KeyMessage> with(List<KeyMessage> messages) {
    Map<Position, Kept> others = new LinkedHashMap<>(kept);
    List<KeyMessage> all = new ArrayList<>();
    for (KeyMessage message : messages) {
      others.remove(message.position());
      Kept found = kept.get(message.position());
      all.add(found == null || !found.late() ? message : taken(message, found));
    }
    others.values().forEach(other -> all.add(other.message()));
    return all;
  }

  /** What the table has of an event that came too late, for all of its row or for a part. */
  private static KeyMessage taken(KeyMessage event, Kept found) {
    if (event.kind() != Kind.UPSERT) {
      return event;
    }
    String reason = Objects.requireNonNull(found.message().reason());
    return found.field() == null
        ? KeyMessage.other(
            event.position(),
            event.publishTime(),
            event.schemaVersion(),
            Kind.REJECTED,
            event.gone(),
            reason)
        : event.without(List.of(found.field().split(", ")), reason);
  }
}
