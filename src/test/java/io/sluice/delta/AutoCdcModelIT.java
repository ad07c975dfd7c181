package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.delta.ChangeHistory.Carries;
import io.sluice.delta.ChangeHistory.Event;
import io.sluice.delta.ChangeHistory.Shape;
import io.sluice.delta.ChangeOracle.Mistake;
import io.sluice.maintain.MaintenanceStep;
import io.sluice.spec.AutoCdcSpec;
import io.sluice.spec.ColumnSelection;
import io.sluice.spec.LateInserts;
import io.sluice.spec.ScdType;
import io.sluice.spec.SchemaEvolution;
import io.sluice.spec.TargetSpec;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random histories through the real merges, compared after every batch with a plain replay of all
 * events so far. {@code -Dsluice.histories=10000} tries 100,000 in all, for a quarter of an hour.
 */
class AutoCdcModelIT {

  private static final int HISTORIES = Integer.getInteger("sluice.histories", 100);
  private static final int BATCHES = 3;
  private static final int FORGETTING_BATCHES = 2;
  private static final int BATCHES_OF_A_DRIVER = 3;
  private static final long SEED = Long.getLong("sluice.seed", 20261122);

  /** The ways in which a table is made. */
  enum Way {
    TYPE_1(ScdType.ONE, false, Carries.ALL),
    TYPE_1_PARTIAL(ScdType.ONE, false, Carries.SOME_COLUMNS),
    TYPE_1_FIELDS(ScdType.ONE, false, Carries.SOME_FIELDS),
    TYPE_1_BY_SEQUENCE(ScdType.ONE, true, Carries.ALL),
    TYPE_1_BY_SEQUENCE_PARTIAL(ScdType.ONE, true, Carries.SOME_COLUMNS),
    TYPE_1_BY_SEQUENCE_FIELDS(ScdType.ONE, true, Carries.SOME_FIELDS),
    TYPE_2_PARTIAL(ScdType.TWO, false, Carries.SOME_COLUMNS),
    TYPE_2_FIELDS(ScdType.TWO, false, Carries.SOME_FIELDS),
    TYPE_2_BY_SEQUENCE_PARTIAL(ScdType.TWO, true, Carries.SOME_COLUMNS),
    TYPE_2_BY_SEQUENCE_FIELDS(ScdType.TWO, true, Carries.SOME_FIELDS);

    private final ScdType type;
    private final boolean bySequence;
    private final Carries carries;

    Way(ScdType type, boolean bySequence, Carries carries) {
      this.type = type;
      this.bySequence = bySequence;
      this.carries = carries;
    }

    private Set<String> ignored() {
      return switch (carries) {
        case ALL -> Set.of();
        case SOME_COLUMNS -> Set.of("b");
        case SOME_FIELDS -> Set.of("a", "b");
      };
    }

    private Set<String> tracked() {
      return carries == Carries.SOME_COLUMNS ? Set.of("a") : Set.of("a", "b");
    }

    private ChangeOracle oracle(Mistake mistake) {
      return new ChangeOracle(bySequence, carries, ignored(), tracked(), mistake);
    }

    private AutoCdcSpec spec() {
      return new AutoCdcSpec(
          List.of("history", "id"),
          bySequence ? List.of("point") : List.of(),
          null,
          "kind",
          ColumnSelection.only(columns(ignored())),
          ColumnSelection.allBut(List.of("point")),
          type,
          ColumnSelection.only(columns(tracked())),
          null,
          LateInserts.QUARANTINE);
    }

    private List<String> columns(Set<String> values) {
      return carries == Carries.SOME_FIELDS ? List.of("n") : List.copyOf(values);
    }
  }

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark = session();
  private @Nullable AutoCdcWrite last;

  private static SparkSession session() {
    SparkSession session = SparkSessions.local().newSession();
    session.conf().set("spark.sql.shuffle.partitions", "1");
    return session;
  }

  @ParameterizedTest
  @EnumSource
  void write_randomHistories_tableEqualsTheirReplayAfterEveryBatch(Way way) throws Exception {
    System.out.printf("%s: seed %d (-Dsluice.seed)%n", way, SEED);
    Shape shape = new Shape(way.carries, true, way.bySequence);
    ChangeHistory history = new ChangeHistory(SEED + way.name().hashCode(), shape, HISTORIES);
    List<Event> all = new ArrayList<>();
    Set<Mistake> found = new TreeSet<>();
    long before = 0;
    for (int n = 0; n < BATCHES; n++) {
      List<Event> batch = history.nextBatch();
      all.addAll(batch);
      CommitResult result = write(way, batch, n, before, all.size());
      Set<String> table = table(way);
      Set<String> expected = expected(way, Mistake.NONE, all);
      assertThat(without(table, expected)).as("%s, batch %d: too many", way, n).isEmpty();
      assertThat(without(expected, table)).as("%s, batch %d: lacking", way, n).isEmpty();
      assertThat(result.rejected()).isEqualTo(batch.stream().filter(e -> rejected(way, e)).count());
      if (n == BATCHES - 1) {
        CommitResult again = write(way, batch, n, before, all.size());
        assertThat(again)
            .isEqualTo(new CommitResult(result.version(), result.rows(), true, result.rejected()));
        assertThat(table(way)).isEqualTo(table);
      }
      if (way.type == ScdType.TWO) {
        assertThat(asOf(way, 3)).isEqualTo(way.oracle(Mistake.NONE).asOf(all, 3));
        assertThat(asOf(way, all.size() / 2))
            .isEqualTo(way.oracle(Mistake.NONE).asOf(all, all.size() / 2));
      }
      for (Mistake mistake : Mistake.values()) {
        if (!expected(way, mistake, all).equals(table)) {
          found.add(mistake);
        }
      }
      before = all.size();
    }
    assertThat(found).as("mistakes that these histories tell").containsAll(telling(way));
    if (way.bySequence && way.type == ScdType.ONE) {
      forget(way, history, all);
    }
  }

  /**
   * Goes on with deletes forgotten before each batch. The table is the replay of all events but
   * those that were rejected, which may have been merged when they came before; and a key that is
   * not as the replay of all has it is one of theirs.
   */
  private void forget(Way way, ChangeHistory history, List<Event> all) throws Exception {
    List<Event> merged = new ArrayList<>(all);
    Set<String> keys = new TreeSet<>();
    long forgotten = 0;
    int parts = 0;
    for (int n = BATCHES; n < BATCHES + FORGETTING_BATCHES; n++) {
      forgotten += forgotten();
      long newestDelete =
          merged.stream()
              .filter(event -> event.kind() == 0 && !rejected(way, event))
              .mapToLong(event -> Objects.requireNonNull(event.point()))
              .max()
              .orElseThrow();
      history.goOn(4);
      List<Event> batch = history.nextBatch();
      long before = all.size();
      all.addAll(batch);
      Dataset<Row> rows = ChangeHistory.rows(spark, batch, way.carries);
      AutoCdcWrite write = write(way, rows, n);
      CommitResult result = write.write(rows, range(n, before, all.size()));
      Map<Long, Set<String>> late = late(write, rows);
      for (Event event : batch) {
        Set<String> values = late.get(event.entry());
        if (values == null) {
          merged.add(event);
          continue;
        }
        keys.add(event.key());
        assertThat(event.point()).as("what is late").isLessThanOrEqualTo(newestDelete);
        if (!values.isEmpty()) {
          parts++;
          merged.add(event.without(values));
        }
      }
      Set<String> table = table(way);
      assertThat(table).as("%s, batch %d", way, n).isEqualTo(expected(way, Mistake.NONE, merged));
      Set<String> whole = expected(way, Mistake.NONE, all);
      assertThat(without(table, whole)).allMatch(line -> isOf(line, keys));
      assertThat(without(whole, table)).allMatch(line -> isOf(line, keys));
      assertThat(keys(whole)).as("nothing comes back").containsAll(keys(table));
      assertThat(result.rejected())
          .isEqualTo(late.size() + batch.stream().filter(e -> rejected(way, e)).count());
      if (n == BATCHES) {
        forgotten += forgotten();
        CommitResult again = write.write(rows, range(n, before, all.size()));
        Map<Long, Set<String>> now = late(write, rows);
        assertThat(again.rejected() - result.rejected()).isEqualTo(now.size() - late.size());
        assertThat(now.keySet()).as("told again").containsAll(late.keySet());
        late.forEach((entry, told) -> assertThat(now.get(entry)).containsAll(told));
      }
    }
    assertThat(forgotten).isPositive();
    assertThat(keys).isNotEmpty();
    assertThat(parts > 0).isEqualTo(way.carries != Carries.ALL);
  }

  private long forgotten() {
    TargetSpec table = TargetSpec.of(lake.path("t"));
    return TableMaintenance.of(spark, TableMaintenance.deletes(table), false)
        .flatMap(it -> it.forget(table, Instant.now()))
        .map(MaintenanceStep::amount)
        .orElse(0L);
  }

  /** By event that came too late, the values that it carries too late; none if it is not there. */
  private static Map<Long, Set<String>> late(AutoCdcWrite write, Dataset<Row> rows) {
    Map<Long, Set<String>> late = new TreeMap<>();
    for (Row row :
        write
            .rejected(rows)
            .where("error_class = 'TOO_LATE'")
            .selectExpr("_position.entry", "error_field")
            .collectAsList()) {
      Set<String> values = new TreeSet<>();
      if (!row.isNullAt(1)) {
        for (String part : row.getString(1).split(", ", -1)) {
          values.add(part.replace("`", "").replaceFirst(".*\\.", ""));
        }
      }
      late.put(row.getLong(0), values);
    }
    return late;
  }

  private static boolean isOf(String line, Set<String> keys) {
    return keys.contains(line.split(" ", 2)[0]);
  }

  private static Set<String> keys(Set<String> lines) {
    Set<String> keys = new TreeSet<>();
    lines.forEach(line -> keys.add(line.split(" ", 2)[0]));
    return keys;
  }

  private static Set<String> without(Set<String> lines, Set<String> others) {
    Set<String> left = new TreeSet<>(lines);
    left.removeAll(others);
    return left;
  }

  private static boolean rejected(Way way, Event event) {
    return (event.kind() != 2 && event.id() == null) || (way.bySequence && event.point() == null);
  }

  private static Set<Mistake> telling(Way way) {
    Set<Mistake> telling =
        new TreeSet<>(Set.of(Mistake.DELETES_ARE_FORGOTTEN, Mistake.TRUNCATES_ARE_IGNORED));
    if (way.bySequence) {
      telling.add(Mistake.TIES_GO_TO_THE_LATER_ARRIVAL);
    }
    if (way.carries != Carries.ALL) {
      telling.add(Mistake.NULL_FOR_UNWRITTEN);
      telling.add(Mistake.DELETED_VALUES_COME_BACK);
    }
    if (way.type == ScdType.TWO) {
      telling.add(Mistake.RUNS_ARE_NOT_JOINED);
    }
    return telling;
  }

  private static Set<String> expected(Way way, Mistake mistake, List<Event> events) {
    ChangeOracle oracle = way.oracle(mistake);
    return way.type == ScdType.ONE ? oracle.states(events) : oracle.versions(events);
  }

  private CommitResult write(Way way, List<Event> batch, long id, long from, long to)
      throws Exception {
    Dataset<Row> rows = ChangeHistory.rows(spark, batch, way.carries);
    return write(way, rows, id).write(rows, range(id, from, to));
  }

  /** That of the batch before; every third batch is a new driver's. */
  private AutoCdcWrite write(Way way, Dataset<Row> rows, long batch) {
    AutoCdcWrite write = last;
    if (write == null || batch % BATCHES_OF_A_DRIVER == 0) {
      write = open(way, rows);
      last = write;
    }
    return write;
  }

  private AutoCdcWrite open(Way way, Dataset<Row> rows) {
    TargetSpec plain = TargetSpec.of(lake.path("t"));
    TargetSpec spec =
        new TargetSpec(
            plain.table(),
            true,
            List.of(),
            List.of(),
            Map.of(),
            SchemaEvolution.ADD_COLUMNS,
            plain.quarantine(),
            way.spec(),
            false,
            List.of());
    return AutoCdcWrite.open(spark, spec, rows.schema(), false);
  }

  private static CommitRange range(long id, long from, long to) {
    return new CommitRange("job", "e", id, "0123456789abcdef", at(from), at(to));
  }

  private static TopicPositions at(long entry) {
    return TopicPositions.parse(
        "{\"v\":1,\"t\":{\"persistent://t/n/a\":{\"0\":\"1:%d\"}}}".formatted(entry));
  }

  private Set<String> table(Way way) {
    Set<String> lines = new TreeSet<>();
    for (Row row : spark.read().format("delta").load(lake.path("t")).collectAsList()) {
      Map<String, @Nullable Object> values = new TreeMap<>();
      values.put("a", value(way, row, "a"));
      values.put("b", value(way, row, "b"));
      String key = row.<Integer>getAs("history") + "/" + row.<Integer>getAs("id");
      String span = way.type == ScdType.ONE ? "" : span(row) + " ";
      assertThat(lines.add(key + " " + span + values)).as("twice: %s %s", key, values).isTrue();
    }
    return lines;
  }

  /** What a reader sees of the tracked columns at a point. */
  private Map<String, Map<String, @Nullable Object>> asOf(Way way, long at) {
    Map<String, Map<String, @Nullable Object>> rows = new TreeMap<>();
    for (Row row : spark.read().format("delta").load(lake.path("t")).collectAsList()) {
      String start = place(row.getAs("__START_AT"));
      String end = place(row.getAs("__END_AT"));
      if (Long.parseLong(start) <= at && (end.isEmpty() || Long.parseLong(end) > at)) {
        Map<String, @Nullable Object> values = new TreeMap<>();
        way.tracked().forEach(name -> values.put(name, value(way, row, name)));
        String key = row.<Integer>getAs("history") + "/" + row.<Integer>getAs("id");
        assertThat(rows.put(key, values)).as("two versions of %s at %d", key, at).isNull();
      }
    }
    return rows;
  }

  private static @Nullable Object value(Way way, Row row, String name) {
    if (way.carries != Carries.SOME_FIELDS) {
      return row.getAs(name);
    }
    Row whole = row.getAs("n");
    if (whole == null) {
      return null;
    }
    Row deep = whole.getAs("deep");
    assertThat(deep != null || whole.getAs("b") != null).as("a struct of nulls").isTrue();
    return name.equals("b") ? whole.getAs("b") : deep == null ? null : deep.getAs("a");
  }

  private static String span(Row row) {
    return place(row.getAs("__START_AT")) + ".." + place(row.getAs("__END_AT"));
  }

  private static String place(@Nullable Object point) {
    if (point instanceof Row position) {
      return Long.toString(position.getLong(3));
    }
    return point == null ? "" : point.toString();
  }
}
