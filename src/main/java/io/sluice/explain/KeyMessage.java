package io.sluice.explain;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A message of a key, or an event of one: what it is, before anything is said of what became of it.
 *
 * @param position which message
 * @param publishTime when its producer sent it; null when the message is gone
 * @param schemaVersion the version of the schema that it was written with; null if none
 * @param kind what it is
 * @param place its place in the order of the key's events, as the merge compares them; equal for
 *     events that are the same
 * @param point the values of the columns that order it, as JSON; null where the topic orders
 * @param content by stored column, the value as JSON; columns that are null are not in it
 * @param written the stored columns that it writes
 * @param gone whether only the table still knows it
 * @param reason why it, or some of what it writes, cannot be merged; null if all can
 */
public record KeyMessage(
    Position position,
    @Nullable Instant publishTime,
    @Nullable Long schemaVersion,
    Kind kind,
    int place,
    @Nullable String point,
    Map<String, String> content,
    Set<String> written,
    boolean gone,
    @Nullable String reason) {

  /** What a message of a key is. */
  public enum Kind {
    /** The row is there, with these values. */
    UPSERT,
    /** The row is gone. */
    DELETE,
    /** All rows are gone. */
    TRUNCATE,
    /** An event that cannot be merged: it lacks a key or what orders it, or came too late. */
    REJECTED,
    /** It cannot be decoded. */
    BAD,
    /** It is no change of a row, such as a tombstone. */
    SKIPPED,
    /** No row came out of the job's steps. */
    LEFT_OUT;

    /** Whether it is merged into the table. */
    public boolean isEvent() {
      return this == UPSERT || this == DELETE || this == TRUNCATE;
    }
  }

  /** Keeps copies, the content in its order. */
  public KeyMessage {
    content = Collections.unmodifiableMap(new LinkedHashMap<>(content));
    written = Set.copyOf(written);
  }

  /** A message that is no event. */
  public static KeyMessage other(
      Position position,
      @Nullable Instant publishTime,
      @Nullable Long schemaVersion,
      Kind kind,
      boolean gone,
      String reason) {
    return new KeyMessage(
        position, publishTime, schemaVersion, kind, 0, null, Map.of(), Set.of(), gone, reason);
  }

  /**
   * The event without some of the columns that it writes.
   *
   * @param columns those that could not be merged
   * @param why the reason
   */
  public KeyMessage without(Collection<String> columns, String why) {
    Set<String> left = new HashSet<>(written);
    left.removeAll(columns);
    return new KeyMessage(
        position, publishTime, schemaVersion, kind, place, point, content, left, gone, why);
  }

  /** Where a version of the row begins or ends with it. */
  String startsAt() {
    return point == null ? position.toString() : point;
  }
}
