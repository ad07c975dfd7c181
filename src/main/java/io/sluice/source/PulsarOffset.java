package io.sluice.source;

import io.sluice.pulsar.Positions;
import io.sluice.pulsar.PulsarSparkOffsets;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.jspecify.annotations.Nullable;

/** Spark's view of {@link Positions}: equal text means nothing new. */
final class PulsarOffset extends Offset {

  private final Positions positions;
  private @Nullable String json;

  PulsarOffset(Positions positions) {
    this.positions = positions;
  }

  Positions positions() {
    return positions;
  }

  /**
   * The positions of an offset that Spark hands back.
   *
   * @throws IllegalArgumentException if it is not one of this source's
   */
  static Positions positionsOf(Offset offset) {
    return offset instanceof PulsarOffset own
        ? own.positions
        : PulsarSparkOffsets.orPositions(offset.json());
  }

  /** Spark asks several times a trigger, and a text of a thousand partitions is long. */
  @Override
  public String json() {
    String text = json;
    if (text == null) {
      text = positions.toJson();
      json = text;
    }
    return text;
  }
}
