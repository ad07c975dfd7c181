package io.sluice.runtime;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.change.ChangeFormat;
import io.sluice.change.ChangeOptions;
import io.sluice.change.ChangeRows;
import io.sluice.delta.AutoCdcWrite;
import io.sluice.delta.ColumnMerge;
import io.sluice.delta.TopicPositions;
import io.sluice.pulsar.PulsarOptions;
import io.sluice.pulsar.RegisteredSchemas;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.BadRecordPolicy;
import io.sluice.spec.DebeziumSpec;
import io.sluice.spec.JobSpec;
import io.sluice.spec.PayloadFormat;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.SourceSpec;
import io.sluice.spec.TransformStep;
import io.sluice.transform.BadRecordFilter;
import io.sluice.transform.ChangeKinds;
import io.sluice.transform.ColumnLineage;
import io.sluice.transform.InputView;
import io.sluice.transform.SqlStep;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/** The rows of one job: from its topics, through its steps, as a stream or over one range. */
final class JobRows {

  /** A column that no topic has, to find out where a new one would go. */
  private static final String PROBE = "__sluice_probe";

  private final JobPlan plan;
  private final SparkSession session;
  private final BadRecordFilter filter;

  JobRows(JobPlan plan, SparkSession session, BadRecordFilter filter) {
    this.plan = plan;
    this.session = session;
    this.filter = filter;
  }

  /** Whether the payload's columns come from the registry, and change with it. */
  boolean hasRegisteredColumns() {
    return plan.spec().source().format() == PayloadFormat.REGISTRY;
  }

  /** The payload's columns, and the versions they were made from, as registered now. */
  PinnedColumns registered() {
    RegisteredSchemas schemas = RegisteredSchemas.read(plan.sourceOptions());
    StructType source =
        session.read().format("pulsar").options(plan.sourceOptions()).load().schema();
    return new PinnedColumns(InputView.payload(source), schemas);
  }

  /**
   * The rows as they enter the table, as a stream.
   *
   * @param columns the payload's columns; those of the registry
   * @param epoch says where the stream begins, if not where the job says
   */
  Dataset<Row> stream(PinnedColumns columns, Epoch epoch) {
    Map<String, String> options = options(columns, reaching(columns.payload()));
    if (epoch.start() != null) {
      options.put("startingOffsets", epoch.start().toJson());
    }
    Dataset<Row> source =
        hasRegisteredColumns()
            ? session
                .readStream()
                .format("pulsar")
                .options(options)
                .schema(columns.payload())
                .load()
            : session.readStream().format("pulsar").options(options).load();
    Dataset<Row> rows = result(decoded(source));
    if (!rows.isStreaming()) {
      throw new SluiceException(
          Condition.TRANSFORM_FAILED,
          "The steps of the job %s read nothing of the topics: select from `%s`."
              .formatted(plan.name(), SqlStep.INPUT));
    }
    return rows;
  }

  /** Whether messages are changes of rows, which are decoded batch by batch. */
  boolean isChanges() {
    return plan.spec().source().format().isChanges();
  }

  /**
   * The messages as the source gives them, as a stream.
   *
   * @param epoch says where the stream begins, if not where the job says
   */
  Dataset<Row> messageStream(Epoch epoch) {
    Map<String, String> options = new HashMap<>(plan.sourceOptions());
    if (epoch.start() != null) {
      options.put("startingOffsets", epoch.start().toJson());
    }
    return session.readStream().format("pulsar").options(options).load();
  }

  /** No events, with the columns that events have. */
  Dataset<Row> none(PinnedColumns columns) {
    TopicPositions nowhere = new TopicPositions(new TreeMap<>());
    return range(columns, nowhere, nowhere);
  }

  /** Messages that are changes of rows, in the normal form of change events. */
  Dataset<Row> events(Dataset<Row> messages, StructType columns) {
    SourceSpec source = plan.spec().source();
    AutoCdcSpec cdc = plan.spec().target().autoCdc();
    DebeziumSpec debezium = source.debezium();
    ChangeOptions options =
        ChangeOptions.of(ChangeFormat.valueOf(source.format().name()))
            .withDeclared(declared())
            .withKeys(cdc == null ? List.of() : cdc.keys());
    if (debezium.textDecimals()) {
      options = options.withTextDecimals();
    }
    if (debezium.placeholder() != null) {
      options = options.withPlaceholder(debezium.placeholder());
    }
    return ChangeRows.decoded(
        messages,
        columns,
        options,
        new RegisteredWriters(PulsarOptions.parse(plan.sourceOptions()).connection()));
  }

  /** The columns of changes whose types the job chooses. */
  StructType declared() {
    String ddl = plan.spec().source().schema();
    return ddl == null ? new StructType() : InputView.columns(ddl);
  }

  /**
   * The columns of changes: those that the job declares, then those of batches before.
   *
   * @param before what was kept for the newest batch; null for nothing
   */
  PinnedColumns known(@Nullable PinnedColumns before) {
    return new PinnedColumns(
        before == null ? declared() : ColumnMerge.of(declared(), before.payload(), false),
        RegisteredSchemas.none());
  }

  /**
   * Change events as they enter the table.
   *
   * @param events the rows of {@link #events}
   * @param merge how they are merged; null to append them
   */
  Dataset<Row> changes(Dataset<Row> events, @Nullable AutoCdcSpec merge) {
    return changed(changes(events), merge);
  }

  private Dataset<Row> changes(Dataset<Row> events) {
    return InputView.of(ChangeRows.changes(events).drop(ChangeRows.SKIPPED, ChangeRows.NEEDED));
  }

  private Dataset<Row> changed(Dataset<Row> input, @Nullable AutoCdcSpec merge) {
    Dataset<Row> rows = stepped(input).drop(ChangeRows.SOURCE, ChangeRows.KEYS);
    if (merge == null) {
      return rows.drop(
          ChangeRows.UNWRITTEN, ChangeRows.INDEX, ChangeRows.OTHER_KEY, ChangeRows.CHANGE);
    }
    for (String needed : List.of(ChangeRows.OP, ChangeRows.UNWRITTEN, ChangeRows.INDEX)) {
      if (!Arrays.asList(rows.columns()).contains(needed)) {
        throw new SluiceException(
            Condition.TRANSFORM_FAILED,
            "The steps of the job %s drop the column `%s`, without which changes cannot be merged. Keep it as it is: SELECT ..., %s FROM input."
                .formatted(plan.name(), needed, needed));
      }
    }
    return kinds(plan.spec().transform().isEmpty() ? rows : carrying(rows, input, merge), merge);
  }

  /**
   * The rows that steps have made of changes, with what they do not carry told of their own columns
   * rather than of the input's. A step that makes another key does not make the other one as well.
   */
  private static Dataset<Row> carrying(Dataset<Row> rows, Dataset<Row> input, AutoCdcSpec merge) {
    ColumnLineage lineage = ColumnLineage.of(input, rows);
    // A step that says itself what an event does not carry says it of its own columns.
    Dataset<Row> told =
        lineage.isUnchanged(ChangeRows.UNWRITTEN)
            ? rows.withColumn(
                ChangeRows.UNWRITTEN, lineage.madeOf(functions.col(ChangeRows.UNWRITTEN)))
            : rows;
    return merge.keys().stream().allMatch(lineage::isUnchanged)
        ? told
        : told.drop(ChangeRows.OTHER_KEY, ChangeRows.CHANGE);
  }

  /**
   * The source's rows of one range, decoded as the stream decodes them, bad ones included.
   *
   * @param from the first message of each partition that is in
   * @param to the first message of each partition that is not
   */
  Dataset<Row> range(PinnedColumns columns, TopicPositions from, TopicPositions to) {
    Dataset<Row> source = messages(columns, from, to);
    return isChanges()
        ? events(source, columns.payload())
        : InputView.decoded(source, jsonSchema(), true);
  }

  /** The source's rows of one range, a row for each message. */
  Dataset<Row> messages(PinnedColumns columns, TopicPositions from, TopicPositions to) {
    Map<String, String> options = options(columns, false);
    options.put("startingOffsets", from.orEarliest(to).toJson());
    options.put("endingOffsets", to.toJson());
    return read(options, columns);
  }

  /** The rows of one range as they entered the table, or were to. */
  Dataset<Row> result(PinnedColumns columns, TopicPositions from, TopicPositions to) {
    return result(InputView.of(BadRecordFilter.decodable(range(columns, from, to))));
  }

  /**
   * The messages that the topics have, decoded as the stream decodes them; none fails.
   *
   * @param start where to begin, as the source's options say it
   */
  Dataset<Row> stored(PinnedColumns columns, Map<String, String> start) {
    Map<String, String> options = options(columns, false);
    options.remove("startingOffsets");
    options.putAll(start);
    options.put("mode", "PERMISSIVE");
    Dataset<Row> source = read(options, columns);
    return isChanges()
        ? events(source, columns.payload())
        : InputView.decoded(source, jsonSchema(), true);
  }

  /**
   * Change events as they enter the table, with what is known of their messages.
   *
   * @param decoded the rows of {@link #stored}
   * @param meta the column of what else than its position is known of a message
   */
  Dataset<Row> traced(Dataset<Row> decoded, AutoCdcSpec merge, String meta) {
    Dataset<Row> view =
        isChanges() ? changes(decoded) : InputView.of(BadRecordFilter.decodable(decoded));
    Dataset<Row> input = InputView.carrying(view);
    Dataset<Row> rows = isChanges() ? changed(input, merge) : kinds(stepped(input), merge);
    return InputView.carried(
        rows, meta, (StructType) view.schema().apply(InputView.META).dataType());
  }

  private Dataset<Row> read(Map<String, String> options, PinnedColumns columns) {
    return hasRegisteredColumns()
        ? session.read().format("pulsar").options(options).schema(columns.payload()).load()
        : session.read().format("pulsar").options(options).load();
  }

  private Map<String, String> options(PinnedColumns columns, boolean growing) {
    Map<String, String> options = new HashMap<>(plan.sourceOptions());
    if (hasRegisteredColumns()) {
      options.putAll(ColumnPlanner.options(columns, evolution(), growing));
    }
    return options;
  }

  private Dataset<Row> decoded(Dataset<Row> source) {
    boolean permissive = plan.spec().source().badRecords().policy() != BadRecordPolicy.FAIL;
    Dataset<Row> decoded = InputView.decoded(source, jsonSchema(), permissive);
    return InputView.of(permissive ? filter.decoded(decoded) : decoded);
  }

  private Dataset<Row> result(Dataset<Row> input) {
    Dataset<Row> result = stepped(input);
    AutoCdcSpec cdc = plan.spec().target().autoCdc();
    if (cdc == null) {
      return result;
    }
    for (String own : List.of(ChangeRows.INDEX, ChangeRows.OTHER_KEY, ChangeRows.CHANGE)) {
      if (Arrays.stream(result.columns()).anyMatch(own::equalsIgnoreCase)) {
        throw new SluiceException(
            Condition.UNSUPPORTED_SCHEMA,
            "The rows of the job %s have a column `%s`; where rows are merged the name is Sluice's own. Give it another one in a step: SELECT ..., %s AS another FROM input."
                .formatted(plan.name(), own, own));
      }
    }
    return kinds(result, cdc);
  }

  private Dataset<Row> stepped(Dataset<Row> input) {
    Dataset<Row> rows = input;
    for (TransformStep step : plan.spec().transform()) {
      rows = SqlStep.apply(rows, (TransformStep.Sql) step);
    }
    return InputView.result(rows);
  }

  private static Dataset<Row> kinds(Dataset<Row> rows, AutoCdcSpec cdc) {
    return ChangeKinds.of(rows, AutoCdcWrite.KIND, cdc.applyAsDeletes(), cdc.applyAsTruncates());
  }

  /** The columns of the table that payloads of these columns become. */
  StructType columns(PinnedColumns columns) {
    StructType rows = result(decoded(batch(columns.payload()))).schema();
    AutoCdcSpec cdc = plan.spec().target().autoCdc();
    return cdc == null ? rows : AutoCdcWrite.columns(cdc, rows);
  }

  private Dataset<Row> batch(StructType payload) {
    return session.read().format("pulsar").options(plan.sourceOptions()).schema(payload).load();
  }

  /** Whether a field that is new to the topics' schemas would change the columns of the table. */
  boolean reaching(StructType payload) {
    if (!hasRegisteredColumns()) {
      return false;
    }
    return plan.spec().transform().isEmpty()
        || result(InputView.of(batch(probed(payload)))).schema().json().contains(PROBE);
  }

  /** The columns with one more in every record. */
  private static StructType probed(StructType columns) {
    StructType probed = new StructType();
    for (StructField field : columns.fields()) {
      probed = probed.add(field.name(), probed(field.dataType()), field.nullable());
    }
    return probed.add(PROBE, DataTypes.StringType);
  }

  private static DataType probed(DataType type) {
    if (type instanceof StructType columns) {
      return probed(columns);
    }
    if (type instanceof ArrayType array) {
      return new ArrayType(probed(array.elementType()), array.containsNull());
    }
    return type instanceof MapType map
        ? new MapType(map.keyType(), probed(map.valueType()), map.valueContainsNull())
        : type;
  }

  private SchemaEvolution evolution() {
    return plan.spec().target().evolution();
  }

  private @Nullable String jsonSchema() {
    JobSpec job = plan.spec();
    return job.source().format() == PayloadFormat.JSON ? job.source().schema() : null;
  }
}
