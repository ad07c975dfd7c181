package io.sluice.schema;

import com.fasterxml.jackson.core.JsonToken;
import java.util.List;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * Which branch of a union a JSON value belongs to. The client writes no branch, so the value itself
 * has to tell; where it could belong to two, it is refused rather than guessed. Of the number types
 * the first that holds the value counts, in the order int, long, double, float; where nothing else
 * is text, a string is one that is not finite.
 */
final class JsonBranches {

  private static final int NONE = -1;

  private static final List<Schema.Type> WHOLE_NUMBERS =
      List.of(Schema.Type.INT, Schema.Type.LONG, Schema.Type.DOUBLE, Schema.Type.FLOAT);
  private static final List<Schema.Type> FRACTIONS = List.of(Schema.Type.DOUBLE, Schema.Type.FLOAT);
  private static final List<Schema.Type> OBJECTS = List.of(Schema.Type.RECORD, Schema.Type.MAP);
  private static final List<Schema.Type> TEXTS =
      List.of(Schema.Type.STRING, Schema.Type.ENUM, Schema.Type.BYTES, Schema.Type.FIXED);

  private JsonBranches() {}

  /** The branch of the value at hand. */
  static int find(Schema union, JsonTokens tokens) {
    List<Schema> branches = union.getTypes();
    boolean isNull = tokens.current() == JsonToken.VALUE_NULL;
    int only = NONE;
    int candidates = 0;
    for (int i = 0; i < branches.size(); i++) {
      if ((branches.get(i).getType() == Schema.Type.NULL) == isNull) {
        only = i;
        candidates++;
      }
    }
    if (candidates > 1) {
      return tell(branches, tokens);
    }
    if (only == NONE) {
      throw tokens.unexpected("a value of the union");
    }
    return only;
  }

  private static int tell(List<Schema> branches, JsonTokens tokens) {
    return switch (tokens.current()) {
      case VALUE_TRUE, VALUE_FALSE -> single(branches, List.of(Schema.Type.BOOLEAN), tokens);
      case START_ARRAY -> single(branches, List.of(Schema.Type.ARRAY), tokens);
      case START_OBJECT -> single(branches, OBJECTS, tokens);
      case VALUE_STRING ->
          branches.stream().anyMatch(JsonBranches::isText)
              ? single(branches, TEXTS, tokens)
              : number(branches, FRACTIONS, tokens);
      case VALUE_NUMBER_INT -> number(branches, WHOLE_NUMBERS, tokens);
      default -> number(branches, FRACTIONS, tokens);
    };
  }

  private static int number(List<Schema> branches, List<Schema.Type> order, JsonTokens tokens) {
    for (Schema.Type type : order) {
      for (int i = 0; i < branches.size(); i++) {
        if (branches.get(i).getType() == type && (type != Schema.Type.INT || tokens.isInt())) {
          return i;
        }
      }
    }
    for (int i = 0; i < branches.size(); i++) {
      if (isDecimal(branches.get(i))) {
        return i;
      }
    }
    throw tokens.unexpected("a value of the union");
  }

  private static int single(List<Schema> branches, List<Schema.Type> types, JsonTokens tokens) {
    int found = NONE;
    for (int i = 0; i < branches.size(); i++) {
      if (types.contains(branches.get(i).getType()) && !isDecimal(branches.get(i))) {
        if (found != NONE) {
          throw new UndecodablePayloadException(
              "JSON does not tell which branch of the union the value belongs to");
        }
        found = i;
      }
    }
    if (found == NONE) {
      throw tokens.unexpected("a value of the union");
    }
    return found;
  }

  private static boolean isText(Schema branch) {
    return TEXTS.contains(branch.getType()) && !isDecimal(branch);
  }

  private static boolean isDecimal(Schema branch) {
    return branch.getLogicalType() instanceof LogicalTypes.Decimal;
  }
}
