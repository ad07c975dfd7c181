package io.sluice.pulsar;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a source does about schemas that change and messages that they do not fit.
 *
 * @param mode what a message means that cannot be decoded
 * @param topics what the columns of several topics have to do with each other
 * @param recursion what a record that contains itself becomes
 * @param stopOn which changes of a schema stop a stream
 * @param accepted the versions up to which nothing stops it; null for those that are there when it
 *     starts
 * @param rescuedColumn the column that takes what the payload's columns do not hold, null for none
 */
public record SchemaRules(
    Mode mode,
    Topics topics,
    Recursion recursion,
    StopOn stopOn,
    @Nullable RegisteredSchemas accepted,
    @Nullable String rescuedColumn)
    implements Serializable {

  /** What a message means that cannot be decoded. */
  public enum Mode {
    /** It fails the query. */
    FAILFAST,
    /** Its payload columns are null, and {@code __error} says why. */
    PERMISSIVE
  }

  /** What the columns of several topics of one source have to do with each other. */
  public enum Topics {
    /** They are the same. */
    SAME,
    /** They are merged by name. */
    MERGE
  }

  /** What a record that contains itself becomes. */
  public enum Recursion {
    /** It is refused. */
    FAIL,
    /** JSON text where it would begin again. */
    JSON
  }

  /** Which changes of a schema stop a stream. */
  public enum StopOn {
    /** None: what has no column is left out. */
    NONE,
    /** A field without a column. */
    NEW_FIELDS,
    /** That, or a field whose values its column does not hold, but a wider one would. */
    WIDER_TYPES,
    /** Any difference from the columns. */
    ANY
  }

  /** The same with other accepted versions. */
  SchemaRules accepting(RegisteredSchemas versions) {
    return new SchemaRules(mode, topics, recursion, stopOn, versions, rescuedColumn);
  }
}
