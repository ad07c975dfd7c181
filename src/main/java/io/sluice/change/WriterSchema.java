package io.sluice.change;

import java.io.Serializable;

/**
 * What the registry says about a message: where key and value are, and what they look like.
 *
 * @param inline whether the payload holds key and value, each after its length
 * @param key what the key looks like
 * @param value what the value looks like
 */
public record WriterSchema(boolean inline, Part key, Part value) implements Serializable {

  /** How a key or a value is written. */
  public enum Form {
    /** JSON that tells its schema itself, or nothing about it. */
    TEXT,
    /** JSON of a definition. */
    JSON,
    /** Avro's binary encoding of a definition. */
    AVRO
  }

  /**
   * A key or a value.
   *
   * @param definition the Avro definition in JSON; empty for {@link Form#TEXT}
   * @param offset how many bytes stand before an Avro value, 5 for those of a Confluent converter
   */
  public record Part(Form form, String definition, int offset) implements Serializable {

    /** JSON without a definition. */
    public static Part text() {
      return new Part(Form.TEXT, "", 0);
    }

    /** JSON of an Avro definition. */
    public static Part json(String definition) {
      return new Part(Form.JSON, definition, 0);
    }

    /** Avro after some bytes that do not count. */
    public static Part avro(String definition, int offset) {
      return new Part(Form.AVRO, definition, offset);
    }
  }

  private static final WriterSchema NONE = new WriterSchema(false, Part.text(), Part.text());

  /** A topic of bytes or strings: the message's key is the key, its payload the value. */
  public static WriterSchema none() {
    return NONE;
  }

  /** A topic of key and value whose key is the message's. */
  public static WriterSchema separated(Part key, Part value) {
    return new WriterSchema(false, key, value);
  }

  /** A topic of key and value that are both in the payload. */
  public static WriterSchema inlined(Part key, Part value) {
    return new WriterSchema(true, key, value);
  }
}
