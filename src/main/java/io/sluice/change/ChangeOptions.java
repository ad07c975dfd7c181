package io.sluice.change;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/**
 * What the user says about the messages.
 *
 * @param format who wrote them
 * @param declared columns whose types the user has chosen; they win over what the messages say
 * @param keys the key's columns, empty to take those that a message names
 * @param placeholder what Debezium writes for a value that it does not know, its option {@code
 *     unavailable.value.placeholder}
 * @param textDecimals whether decimals of messages without a schema are text ({@code
 *     decimal.handling.mode=string}); without it, text that could as well be the base64 of
 *     Debezium's default is refused where a number is wanted
 */
public record ChangeOptions(
    ChangeFormat format,
    StructType declared,
    List<String> keys,
    String placeholder,
    boolean textDecimals)
    implements Serializable {

  /** Debezium's own default. */
  public static final String DEFAULT_PLACEHOLDER = "__debezium_unavailable_value";

  /** Copies the keys. */
  public ChangeOptions {
    keys = List.copyOf(keys);
  }

  /** A format with everything else left to the messages. */
  public static ChangeOptions of(ChangeFormat format) {
    return new ChangeOptions(
        format, new StructType(), List.of(), DEFAULT_PLACEHOLDER, format != ChangeFormat.DEBEZIUM);
  }

  /** The same with columns whose types are the user's choice. */
  public ChangeOptions withDeclared(StructType columns) {
    return new ChangeOptions(format, columns, keys, placeholder, textDecimals);
  }

  /** The same with the key's columns. */
  public ChangeOptions withKeys(List<String> columns) {
    return new ChangeOptions(format, declared, columns, placeholder, textDecimals);
  }

  /** The same with another placeholder of unknown values. */
  public ChangeOptions withPlaceholder(String text) {
    return new ChangeOptions(format, declared, keys, text, textDecimals);
  }

  /** The same for a connector that writes decimals as text. */
  public ChangeOptions withTextDecimals() {
    return new ChangeOptions(format, declared, keys, placeholder, true);
  }
}
