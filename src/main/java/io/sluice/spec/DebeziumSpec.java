package io.sluice.spec;

import org.jspecify.annotations.Nullable;

/**
 * What the settings of a Debezium connector are that its messages do not tell.
 *
 * @param textDecimals whether decimals are text, {@code decimal.handling.mode=string}
 * @param placeholder what stands for a value that the connector does not know, {@code
 *     unavailable.value.placeholder}; null for Debezium's own
 */
public record DebeziumSpec(boolean textDecimals, @Nullable String placeholder) {

  /** A connector with Debezium's own settings. */
  public static final DebeziumSpec DEFAULT = new DebeziumSpec(false, null);
}
