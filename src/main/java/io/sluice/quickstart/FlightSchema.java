package io.sluice.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.ZoneOffset;
import java.util.Map;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.common.schema.SchemaInfo;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * Flights as Avro; the broker registers the definition and refuses producers that do not fit it.
 */
final class FlightSchema implements Schema<Flight> {

  private static final String DEFINITION =
      """
      {"type": "record", "name": "Flight", "namespace": "io.sluice.quickstart", "fields": [
        {"name": "date", "type": {"type": "long", "logicalType": "local-timestamp-millis"}},
        {"name": "delay", "type": "int"},
        {"name": "distance", "type": "int"},
        {"name": "origin", "type": "string"},
        {"name": "destination", "type": "string"}]}
      """;

  @Override
  public byte[] encode(Flight flight) {
    var bytes = new ByteArrayOutputStream(32);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      encoder.writeLong(flight.date().toInstant(ZoneOffset.UTC).toEpochMilli());
      encoder.writeInt(flight.delay());
      encoder.writeInt(flight.distance());
      encoder.writeString(flight.origin());
      encoder.writeString(flight.destination());
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Override
  public SchemaInfo getSchemaInfo() {
    return SchemaInfo.builder()
        .name("Flight")
        .type(SchemaType.AVRO)
        .schema(DEFINITION.getBytes(UTF_8))
        .properties(Map.of())
        .build();
  }

  @Override
  public Schema<Flight> clone() {
    return this;
  }
}
