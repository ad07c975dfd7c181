package io.sluice.change;

import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.RowChange;
import io.sluice.change.ChangeEvent.SkipReason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF6;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a message for Spark, on one thread of one task. Values that no column is for are not
 * kept, so what the columns lack is told with each row.
 */
final class EventRows
    implements UDF6<
        byte @Nullable [],
        byte @Nullable [],
        @Nullable String,
        @Nullable String,
        String,
        @Nullable Long,
        List<Row>> {

  private static final long serialVersionUID = 1L;

  private final StructType columns;
  private final ChangeOptions options;
  private final WriterSchemas schemas;
  private final Set<String> reserved;
  private transient @Nullable ChangeDecoder decoder;
  private transient @Nullable Map<Version, WriterSchema> known;

  private record Version(String topic, @Nullable Long number) {}

  EventRows(
      StructType columns, ChangeOptions options, WriterSchemas schemas, Set<String> reserved) {
    this.columns = columns;
    this.options = options;
    this.schemas = schemas;
    this.reserved = reserved;
  }

  @Override
  public List<Row> call(
      byte @Nullable [] value,
      byte @Nullable [] key,
      @Nullable String oldKey,
      @Nullable String newKey,
      String topic,
      @Nullable Long version) {
    WriterSchema schema = schema(new Version(topic, version));
    List<Outcome> outcomes =
        decoder().decode(new RawMessage(topic, schema, key, value, oldKey, newKey));
    List<Row> rows = new ArrayList<>(outcomes.size());
    for (Outcome outcome : outcomes) {
      rows.add(row(outcome));
    }
    return rows;
  }

  private ChangeDecoder decoder() {
    ChangeDecoder made = decoder;
    if (made == null) {
      made = new ChangeDecoder(columns, options, reserved);
      decoder = made;
    }
    return made;
  }

  private WriterSchema schema(Version version) {
    Map<Version, WriterSchema> asked = known;
    if (asked == null) {
      asked = new HashMap<>();
      known = asked;
    }
    WriterSchema schema = asked.get(version);
    if (schema == null) {
      schema = schemas.of(version.topic, version.number);
      asked.put(version, schema);
    }
    return schema;
  }

  private static Row row(Outcome outcome) {
    RowChange change = outcome.change();
    RowReader.Decoded row = outcome.row();
    BadEventException error = outcome.error();
    if (change == null || row == null) {
      return row(null, null, outcome.skipped(), null, error);
    }
    String needed = row.needed().isEmpty() ? null : row.needed().json();
    return error == null
        ? row(change, row, null, needed, null)
        : row(null, null, null, needed, error);
  }

  private static Row row(
      @Nullable RowChange change,
      RowReader.@Nullable Decoded row,
      @Nullable SkipReason skipped,
      @Nullable String needed,
      @Nullable BadEventException error) {
    return RowFactory.create(
        change == null ? null : change.op().letter(),
        row == null ? null : row.unwritten(),
        row == null ? null : row.keys(),
        change == null ? null : source(change.source()),
        change == null ? 0 : change.index(),
        skipped == null ? null : skipped.name(),
        needed,
        error == null
            ? null
            : RowFactory.create(error.kind().name(), error.field(), error.reason()),
        row == null ? null : RowFactory.create(row.values()),
        row == null || row.otherKey() == null ? null : RowFactory.create(row.otherKey()));
  }

  private static Row source(SourceFacts facts) {
    Long micros = facts.micros();
    return RowFactory.create(
        micros == null ? null : Instant.EPOCH.plus(micros, ChronoUnit.MICROS),
        facts.database(),
        facts.schema(),
        facts.table(),
        facts.snapshot(),
        facts.position(),
        facts.transaction(),
        facts.oldKey(),
        facts.newKey());
  }
}
