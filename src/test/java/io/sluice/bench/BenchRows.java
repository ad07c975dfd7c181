package io.sluice.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * Encoded Avro records of one size: an order of eight columns and, in larger ones, details of three
 * columns each. Numbers are random and texts are random letters and digits, so that compression has
 * little to save.
 */
final class BenchRows {

  private static final int DIFFERENT = 20_000;
  private static final int TEXT = 200;
  private static final int DETAIL = TEXT + 2 + Double.BYTES + 10;
  private static final int ONE_BYTE_LENGTHS = 64;
  private static final int ORDER = 80;
  private static final String SIGNS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  private final Schema schema;
  private final byte[][] payloads;

  private BenchRows(Schema schema, byte[][] payloads) {
    this.schema = schema;
    this.payloads = payloads;
  }

  /**
   * Makes the records.
   *
   * @param bytes the size of each, which may be a byte less; at least 80
   */
  static BenchRows ofSize(int bytes) throws IOException {
    if (bytes < ORDER) {
      throw new IllegalArgumentException("a message takes at least " + ORDER + " bytes: " + bytes);
    }
    int details = (bytes - ORDER) / DETAIL;
    Schema schema = schema(details);
    var writer = new GenericDatumWriter<GenericData.Record>(schema);
    Random random = new Random(7);
    byte[][] payloads = new byte[DIFFERENT][];
    for (int i = 0; i < DIFFERENT; i++) {
      GenericData.Record row = row(schema, details, random);
      int missing = bytes - encode(writer, row).length;
      // From 64 characters on, the length itself takes a second byte.
      row.put("note", text(random, missing >= ONE_BYTE_LENGTHS ? missing - 1 : missing));
      payloads[i] = encode(writer, row);
    }
    return new BenchRows(schema, payloads);
  }

  /** The records' schema. */
  Schema schema() {
    return schema;
  }

  /** The encoded record of a message; the records come again after some thousands. */
  byte[] payload(long message) {
    return payloads[(int) (message % payloads.length)];
  }

  private static Schema schema(int details) {
    var fields =
        SchemaBuilder.record("Order")
            .fields()
            .requiredLong("id")
            .requiredLong("placed")
            .requiredDouble("amount")
            .requiredInt("quantity")
            .requiredBoolean("paid")
            .requiredString("customer")
            .optionalString("coupon")
            .requiredString("note");
    for (int i = 0; i < details; i++) {
      fields =
          fields.requiredString("text" + i).requiredDouble("measure" + i).requiredLong("count" + i);
    }
    return fields.endRecord();
  }

  private static GenericData.Record row(Schema schema, int details, Random random) {
    var row = new GenericData.Record(schema);
    row.put("id", random.nextLong());
    row.put("placed", 1_700_000_000_000L + random.nextInt());
    row.put("amount", random.nextDouble());
    row.put("quantity", random.nextInt(50));
    row.put("paid", random.nextBoolean());
    row.put("customer", text(random, 12));
    row.put("coupon", random.nextInt(4) == 0 ? text(random, 8) : null);
    row.put("note", "");
    for (int i = 0; i < details; i++) {
      row.put("text" + i, text(random, TEXT));
      row.put("measure" + i, random.nextDouble());
      row.put("count" + i, random.nextLong());
    }
    return row;
  }

  private static String text(Random random, int length) {
    var text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(SIGNS.charAt(random.nextInt(SIGNS.length())));
    }
    return text.toString();
  }

  private static byte[] encode(
      GenericDatumWriter<GenericData.Record> writer, GenericData.Record row) throws IOException {
    var out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    writer.write(row, encoder);
    return out.toByteArray();
  }
}
