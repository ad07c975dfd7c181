package io.sluice.register;

import io.sluice.spec.TableFeature;
import io.sluice.spec.TableReader;
import io.sluice.spec.TableReader.Extent;
import io.sluice.spec.TableReader.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a table's features mean for an engine that is to read it.
 *
 * @param refusals why the engine was seen not to read such a table
 * @param doubts why nobody knows whether it does
 */
record EngineFit(List<String> refusals, List<String> doubts) {

  /** How an engine reads a table with these features. */
  static EngineFit of(TableReader reader, Set<String> features) {
    List<String> refusals = new ArrayList<>();
    List<String> doubts = new ArrayList<>();
    for (String name : features) {
      Optional<TableFeature> feature = TableFeature.named(name);
      if (feature.isEmpty()) {
        if (reader != TableReader.SPARK) {
          doubts.add(
              "it needs the Delta feature %s, and nothing is known of %s and that"
                  .formatted(name, reader.title()));
        }
        continue;
      }
      Reading reading = reader.reading(feature.get());
      if (reading.extent() != Extent.YES) {
        boolean refused = reading.extent() == Extent.NO && reading.isTried();
        (refused ? refusals : doubts)
            .add(
                "it has %s (the Delta feature %s), which %s %s (%s)"
                    .formatted(
                        feature.get().title(),
                        name,
                        reader.title(),
                        refused ? "does not read" : "may not read",
                        reading.source()));
      }
    }
    return new EngineFit(refusals, doubts);
  }
}
