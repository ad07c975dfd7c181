package io.sluice.register;

import io.sluice.SluiceException;

/**
 * A table as one engine is to know it.
 *
 * @param table the table
 * @param name its name in the engine's schema
 * @param place its URI as the engine spells it
 */
public record Registration(LakeTable table, String name, String place) {

  /** Whether a place that an engine names is this one. */
  public boolean isAt(String other) {
    return Place.of(place).common().equals(Place.of(other).common());
  }

  /** The refusal of the table. */
  public SluiceException refused(String reason) {
    return Engine.refused(table, reason);
  }
}
