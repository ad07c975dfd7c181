package io.sluice.register;

import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which tables an engine is told of, and by which names.
 *
 * @param tables those that it is told of
 * @param doubts what may be wrong with them, a sentence each
 * @param refused why it is not told of others
 */
public record RegistrationPlan(
    List<Registration> tables, List<String> doubts, List<SluiceException> refused) {

  /** Keeps its own copies. */
  public RegistrationPlan {
    tables = List.copyOf(tables);
    doubts = List.copyOf(doubts);
    refused = List.copyOf(refused);
  }

  /**
   * What an engine is told of tables.
   *
   * @param name of the table, if it is one; null for the last part of its own
   */
  public static RegistrationPlan of(Engine engine, List<LakeTable> tables, @Nullable String name) {
    List<Registration> registrations = new ArrayList<>();
    List<String> doubts = new ArrayList<>();
    List<SluiceException> refused = new ArrayList<>();
    Map<String, LakeTable> byName = new HashMap<>();
    for (LakeTable table : tables) {
      try {
        Registration registration = engine.register(table, name == null ? table.name() : name);
        EngineFit fit = EngineFit.of(engine.reader(), table.features());
        if (!fit.refusals().isEmpty()) {
          throw Engine.refused(
              table,
              "%s. Name another engine, or drop the feature (ALTER TABLE ... DROP FEATURE); target.readers of the job keeps it out of new tables."
                  .formatted(String.join("; ", fit.refusals())));
        }
        LakeTable other = byName.putIfAbsent(registration.name().toLowerCase(Locale.ROOT), table);
        if (other != null) {
          throw Engine.refused(
              table,
              "%s has the name %s already. Register them one by one, with --name."
                  .formatted(other.table(), registration.name()));
        }
        registrations.add(registration);
        fit.doubts()
            .forEach(doubt -> doubts.add("The table %s: %s.".formatted(table.table(), doubt)));
      } catch (SluiceException e) {
        refused.add(e);
      }
    }
    return new RegistrationPlan(registrations, doubts, refused);
  }
}
