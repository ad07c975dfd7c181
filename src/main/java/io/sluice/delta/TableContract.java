package io.sluice.delta;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a table of changes says of itself in its properties: a job with other keys, another order or
 * none of them would make it wrong.
 *
 * @param keys the key columns
 * @param type 1 or 2
 * @param sequence the columns that order the events; empty for the order of the topic
 */
record TableContract(List<String> keys, int type, List<String> sequence) {

  private static final String KEYS = "sluice.autoCdc.keys";
  private static final String TYPE = "sluice.autoCdc.scdType";
  private static final String SEQUENCE = "sluice.autoCdc.sequenceBy";

  TableContract {
    keys = List.copyOf(keys);
    sequence = List.copyOf(sequence);
  }

  /** The key columns of a table with these properties; empty when it is not merged by keys. */
  static Optional<List<String>> keys(Map<String, String> properties) {
    return Optional.ofNullable(properties.get(KEYS)).map(keys -> List.of(keys.split(",", -1)));
  }

  /** What the name of the table beside a table with these properties ends with, if it has one. */
  static Optional<String> companion(Map<String, String> properties) {
    if (!properties.containsKey(KEYS) || properties.getOrDefault(SEQUENCE, "").isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "2".equals(properties.get(TYPE)) ? Scd2BySequence.COMPANION : Scd1BySequence.COMPANION);
  }

  /** The properties of a table of this kind. */
  Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put(KEYS, String.join(",", keys));
    properties.put(TYPE, Integer.toString(type));
    properties.put(SEQUENCE, String.join(",", sequence));
    return properties;
  }

  /**
   * Why a job must not write a table; empty when it may.
   *
   * @param wanted what the job takes the table for; null for one that it appends to
   * @param properties the table's
   */
  static Optional<String> objection(
      @Nullable TableContract wanted, Map<String, String> properties) {
    boolean isKeyed = properties.containsKey(KEYS);
    if (wanted == null) {
      return isKeyed
          ? Optional.of(
              "it is merged by its keys %s, and the job appends. Give the job target.auto_cdc, or name another table"
                  .formatted(properties.get(KEYS)))
          : Optional.empty();
    }
    if (!isKeyed) {
      return Optional.of(
          "it was not created by a job with auto_cdc. Name another table, or, if it has one row per key, declare it: ALTER TABLE ... SET TBLPROPERTIES (%s)"
              .formatted(wanted.declaration()));
    }
    for (Map.Entry<String, String> property : wanted.properties().entrySet()) {
      String there = properties.getOrDefault(property.getKey(), "");
      if (!there.equalsIgnoreCase(property.getValue())) {
        return Optional.of(
            "it was made with %s '%s', and the job says '%s'. These stay the same for a table's life: change the job back, or name another table"
                .formatted(property.getKey(), there, property.getValue()));
      }
    }
    return Optional.empty();
  }

  private String declaration() {
    return String.join(
        ", ",
        properties().entrySet().stream()
            .map(each -> "'%s' = '%s'".formatted(each.getKey(), each.getValue()))
            .toList());
  }
}
