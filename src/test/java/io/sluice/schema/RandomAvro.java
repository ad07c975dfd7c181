package io.sluice.schema;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.util.Utf8;
import org.jspecify.annotations.Nullable;

/** Random Avro schemas and values of them, from a seed. */
final class RandomAvro {

  private static final int MAX_DEPTH = 4;

  private final Random random;
  private final boolean distinctUnions;
  private int names;

  RandomAvro(long seed) {
    this(seed, false);
  }

  private RandomAvro(long seed, boolean distinctUnions) {
    this.random = new Random(seed);
    this.distinctUnions = distinctUnions;
  }

  /** Only schemas whose unions have one branch per kind of JSON value. */
  static RandomAvro forJson(long seed) {
    return new RandomAvro(seed, true);
  }

  Random random() {
    return random;
  }

  /** A record, now and then an empty one. */
  Schema record() {
    return record(0);
  }

  private Schema record(int depth) {
    var fields = new ArrayList<Schema.Field>();
    int width = random.nextInt(depth == 0 ? 8 : 4);
    for (int i = 0; i < width; i++) {
      fields.add(new Schema.Field("f" + i, type(depth + 1)));
    }
    return Schema.createRecord("R" + names++, null, null, false, fields);
  }

  /** Any type. */
  Schema type(int depth) {
    int kinds = depth >= MAX_DEPTH ? 20 : 26;
    return switch (random.nextInt(kinds)) {
      case 0 -> Schema.create(Schema.Type.BOOLEAN);
      case 1 -> Schema.create(Schema.Type.INT);
      case 2 -> Schema.create(Schema.Type.LONG);
      case 3 -> Schema.create(Schema.Type.FLOAT);
      case 4 -> Schema.create(Schema.Type.DOUBLE);
      case 5, 6 -> Schema.create(Schema.Type.STRING);
      case 7 -> Schema.create(Schema.Type.BYTES);
      case 8 -> Schema.create(Schema.Type.NULL);
      case 9 -> Schema.createFixed("F" + names++, null, null, random.nextInt(5));
      case 10 -> Schema.createEnum("E" + names++, null, null, List.of("A", "B", "C"));
      case 11 -> decimal(Schema.create(Schema.Type.BYTES), 38);
      case 12 -> decimal(Schema.createFixed("D" + names++, null, null, 9), 20);
      case 13 -> logical(Schema.Type.INT, LogicalTypes.date());
      case 14 -> logical(Schema.Type.INT, LogicalTypes.timeMillis());
      case 15 ->
          logical(
              Schema.Type.LONG,
              pick(LogicalTypes.timestampMillis(), LogicalTypes.localTimestampMillis()));
      case 16 ->
          logical(
              Schema.Type.LONG,
              pick(LogicalTypes.timestampMicros(), LogicalTypes.localTimestampMicros()));
      case 17 ->
          logical(
              Schema.Type.LONG,
              pick(LogicalTypes.timestampNanos(), LogicalTypes.localTimestampNanos()));
      case 18 -> logical(Schema.Type.LONG, LogicalTypes.timeMicros());
      case 19 -> logical(Schema.Type.STRING, LogicalTypes.uuid());
      case 20 -> record(depth);
      case 21 -> Schema.createArray(type(depth + 1));
      case 22 -> Schema.createMap(type(depth + 1));
      case 23 -> nullable(depth);
      default -> union(depth);
    };
  }

  private LogicalType pick(LogicalType one, LogicalType other) {
    return random.nextBoolean() ? one : other;
  }

  private static Schema logical(Schema.Type type, LogicalType logical) {
    return logical.addToSchema(Schema.create(type));
  }

  private Schema decimal(Schema type, int maxPrecision) {
    int precision = 1 + random.nextInt(maxPrecision);
    return LogicalTypes.decimal(precision, random.nextInt(precision + 1)).addToSchema(type);
  }

  private Schema nullable(int depth) {
    Schema type;
    do {
      type = type(depth + 1);
    } while (type.getType() == Schema.Type.UNION || type.getType() == Schema.Type.NULL);
    Schema none = Schema.create(Schema.Type.NULL);
    return random.nextBoolean() ? Schema.createUnion(none, type) : Schema.createUnion(type, none);
  }

  private Schema union(int depth) {
    var kinds = new LinkedHashSet<Object>();
    var branches = new ArrayList<Schema>();
    int size = 1 + random.nextInt(4);
    while (branches.size() < size) {
      Schema branch = type(depth + 1);
      Object kind =
          switch (branch.getType()) {
            case RECORD, ENUM, FIXED -> branch.getFullName();
            default -> branch.getType();
          };
      if (branch.getType() != Schema.Type.UNION
          && (!distinctUnions || !kinds.contains(json(branch)))
          && kinds.add(kind)) {
        kinds.add(json(branch));
        branches.add(branch);
      }
    }
    return Schema.createUnion(branches);
  }

  private static String json(Schema branch) {
    return switch (branch.getType()) {
      case NULL -> "null";
      case BOOLEAN -> "boolean";
      case INT, LONG, FLOAT, DOUBLE -> "number";
      case STRING, ENUM -> "string";
      case BYTES, FIXED ->
          branch.getLogicalType() instanceof LogicalTypes.Decimal ? "number" : "string";
      case RECORD, MAP -> "object";
      case ARRAY -> "array";
      case UNION -> "any";
    };
  }

  /** A value for {@code GenericDatumWriter}. */
  @Nullable Object value(Schema schema) {
    return switch (schema.getType()) {
      case NULL -> null;
      case BOOLEAN -> random.nextBoolean();
      case INT -> integer();
      case LONG -> isMillis(schema) ? number() / 1000 : number();
      case FLOAT -> random.nextInt(20) == 0 ? Float.NaN : random.nextFloat() * 1e6f;
      case DOUBLE -> random.nextInt(20) == 0 ? Double.NEGATIVE_INFINITY : random.nextGaussian();
      case STRING -> new Utf8(text());
      case BYTES ->
          ByteBuffer.wrap(
              schema.getLogicalType() instanceof LogicalTypes.Decimal type
                  ? unscaled(type).toByteArray()
                  : bytes(random.nextInt(20)));
      case FIXED -> new GenericData.Fixed(schema, fixed(schema));
      case ENUM ->
          new GenericData.EnumSymbol(
              schema, schema.getEnumSymbols().get(random.nextInt(schema.getEnumSymbols().size())));
      case RECORD -> {
        var record = new GenericData.Record(schema);
        schema.getFields().forEach(f -> record.put(f.pos(), value(f.schema())));
        yield record;
      }
      case ARRAY -> {
        int size = size();
        var array = new GenericData.Array<>(size, schema);
        for (int i = 0; i < size; i++) {
          array.add(value(schema.getElementType()));
        }
        yield array;
      }
      case MAP -> {
        Map<Utf8, Object> map = new LinkedHashMap<>();
        int size = size();
        for (int i = 0; i < size; i++) {
          map.put(new Utf8(text()), value(schema.getValueType()));
        }
        yield map;
      }
      case UNION -> {
        Object value = value(schema.getTypes().get(random.nextInt(schema.getTypes().size())));
        // JSON writes it as a string, and the union may have a branch for those.
        boolean text = distinctUnions && value instanceof Number n && !isFinite(n);
        yield text ? (value instanceof Float ? (Object) 0.5f : (Object) 0.5) : value;
      }
    };
  }

  private static boolean isFinite(Number number) {
    return Double.isFinite(number.doubleValue());
  }

  private int size() {
    return random.nextInt(10) == 0 ? random.nextInt(40) : random.nextInt(4);
  }

  private int integer() {
    return random.nextBoolean() ? random.nextInt(200) - 100 : random.nextInt();
  }

  private long number() {
    return random.nextBoolean() ? random.nextInt(200) - 100 : random.nextLong();
  }

  private static boolean isMillis(Schema schema) {
    return schema.getLogicalType() instanceof LogicalTypes.TimestampMillis
        || schema.getLogicalType() instanceof LogicalTypes.LocalTimestampMillis;
  }

  private String text() {
    var text = new StringBuilder();
    int length = random.nextInt(12);
    for (int i = 0; i < length; i++) {
      text.appendCodePoint("aZ0 \"\\\n\u00fc\u20ac\ud83d\ude00".codePointAt(random.nextInt(10)));
    }
    return text.toString();
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private BigInteger unscaled(LogicalTypes.Decimal type) {
    int digits = 1 + random.nextInt(type.getPrecision());
    BigInteger value = new BigInteger(4 * digits, random).mod(BigInteger.TEN.pow(digits));
    return random.nextBoolean() ? value : value.negate();
  }

  private byte[] fixed(Schema schema) {
    if (!(schema.getLogicalType() instanceof LogicalTypes.Decimal type)) {
      return bytes(schema.getFixedSize());
    }
    byte[] digits = unscaled(type).toByteArray();
    byte[] padded = new byte[schema.getFixedSize()];
    for (int i = 0; i < padded.length; i++) {
      int from = digits.length - padded.length + i;
      padded[i] = from < 0 ? (byte) (digits[0] < 0 ? -1 : 0) : digits[from];
    }
    return padded;
  }
}
