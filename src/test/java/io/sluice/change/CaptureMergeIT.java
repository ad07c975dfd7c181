package io.sluice.change;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sluice.change.CapturedTable.Way;
import io.sluice.change.ChangeDecoder.Outcome;
import io.sluice.change.ChangeEvent.Op;
import io.sluice.spec.ScdType;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a connector has captured, merged for real in many ways at once. In every way the table is
 * the one that a plain replay of the same events makes.
 *
 * <p>{@code -Dsluice.capture.ways=200 -Dsluice.capture.tables=all -Dsluice.captures=pg-rec,my-rec
 * -Dsluice.captures.bylog=my-rec} tries more.
 */
class CaptureMergeIT {

  private static final int WAYS = Integer.getInteger("sluice.capture.ways", 5);
  private static final Set<String> TABLES =
      Set.of(System.getProperty("sluice.capture.tables", "documents,order_items").split(",", -1));
  private static final long SEED = Long.getLong("sluice.seed", 20261122);
  private static final int BATCHES = 3;
  private static final int LOOKS = 5;

  private static final ObjectMapper JSON = new ObjectMapper();

  /** So many ways take longer to interpret a plan for than to compile it. */
  private static final int COMPILED = 50;

  /** How docs/reference/auto-cdc.md orders the changes of MySQL and MariaDB. */
  private static final Map<String, String> BY_LOG = new LinkedHashMap<>();

  static {
    BY_LOG.put(
        "binlog_file",
        "CAST(substring_index(get_json_object(_source.position, '$.file'), '.', -1) AS BIGINT)");
    BY_LOG.put("binlog_pos", "CAST(get_json_object(_source.position, '$.pos') AS BIGINT)");
    BY_LOG.put("binlog_row", "CAST(get_json_object(_source.position, '$.row') AS INT)");
  }

  @RegisterExtension final TempLake lake = new TempLake();

  private final SparkSession spark =
      WAYS < COMPILED ? SparkSessions.local() : SparkSessions.compiling();
  private final SparkSession reader = reader(spark);
  private final Random random = new Random(SEED);
  private int tables;

  /** Reads times of long ago, and those in lists, as they are. */
  private static SparkSession reader(SparkSession spark) {
    SparkSession reader = spark.newSession();
    reader.conf().set("spark.sql.datetime.java8API.enabled", true);
    return reader;
  }

  /**
   * The events of a way in the order that the table follows.
   *
   * @param places where each of them stands
   * @param placeOf where a version of a row begins or ends
   */
  private record Timeline(
      List<long[]> places, List<List<Outcome>> events, Function<Row, long[]> placeOf) {

    /** The number of events up to the place of one of them. */
    int upTo(int event) {
      int end = event + 1;
      while (end < places.size() && Arrays.equals(places.get(end), places.get(event))) {
        end++;
      }
      return end;
    }

    boolean holds(Row row, long[] at) {
      Row end = row.getAs("__END_AT");
      return Arrays.compare(placeOf.apply(row.getAs("__START_AT")), at) <= 0
          && (end == null || Arrays.compare(placeOf.apply(end), at) > 0);
    }
  }

  private static Stream<String> captures() {
    return Stream.of(System.getProperty("sluice.captures", "pg-rec").split(",", -1));
  }

  /** Those of MySQL's protocol, whose events tell where they stand in the database's log. */
  private static Stream<String> capturesByLog() {
    return Stream.of(System.getProperty("sluice.captures.bylog", "my-rec").split(",", -1));
  }

  /**
   * Each way reads the partitions in turns of its own, cuts the events into other batches and goes
   * back now and then, as a connector does that has lost its place.
   */
  @ParameterizedTest
  @MethodSource("captures")
  void merge_cutAnywhereAndSentAgain_isTheReplayedTable(String name) throws Exception {
    for (CapturedTable table : tables(name)) {
      Set<Integer> parted = parted(table.decoded());
      System.out.printf(
          "%s: %d changes of a key that may be parted%n", table.name(), parted.size());
      List<Way> ways = ways(() -> cut(steps(inTurns(table.partitions())), parted));
      for (ScdType type : ScdType.values()) {
        merge(table, type, ways, Map.of(), way -> asSent(table, way));
      }
    }
  }

  /** Each way sends the events in another order, some of them twice. */
  @ParameterizedTest
  @MethodSource("capturesByLog")
  void merge_shuffledInTheOrderOfTheLog_isTheReplayedTable(String name) throws Exception {
    for (CapturedTable table : tables(name)) {
      List<Way> ways = ways(() -> cut(shuffled(table.messages().size()), Set.of()));
      Timeline logged = asLogged(table);
      for (ScdType type : ScdType.values()) {
        merge(table, type, ways, BY_LOG, way -> logged);
      }
    }
  }

  private List<CapturedTable> tables(String capture) throws Exception {
    System.out.printf("%s: seed %d (-Dsluice.seed)%n", capture, SEED);
    List<CapturedTable> wanted = CapturedTable.of(Capture.of(capture), TABLES);
    assertThat(wanted).isNotEmpty();
    return wanted;
  }

  private static List<Way> ways(Supplier<Way> way) {
    return Stream.generate(way).limit(WAYS).toList();
  }

  private void merge(
      CapturedTable table,
      ScdType type,
      List<Way> ways,
      Map<String, String> orderedBy,
      Function<Way, Timeline> timelines)
      throws Exception {
    for (List<Way> together : table.together(ways)) {
      String path = lake.path(table.name().replace(' ', '_') + "-" + type + "-" + tables++);
      table.merge(spark, path, type, together, orderedBy);
      Map<Integer, List<Row>> rows =
          reader.read().format("delta").load(path).collectAsList().stream()
              .collect(Collectors.groupingBy(row -> row.<Integer>getAs(CapturedTable.WAY)));
      for (int way = 0; way < together.size(); way++) {
        assertEqual(
            "%s, %s, way %d".formatted(table.name(), type, way),
            table.replayed(),
            type,
            timelines.apply(together.get(way)),
            rows.getOrDefault(way, List.of()));
      }
    }
  }

  /**
   * Compares the table with the replay, at the end and as of some moments. At the end the replay is
   * that of the messages as they were captured, whatever the way.
   */
  private void assertEqual(
      String which, ReplayedTable captured, ScdType type, Timeline timeline, List<Row> rows) {
    StructType columns = captured.columns();
    int all = timeline.events().size();
    assertThat(RowTexts.of(ReplayedTable.replay(columns, timeline.events())))
        .as("%s: the replay", which)
        .containsExactlyInAnyOrderElementsOf(RowTexts.of(captured));
    IntStream looks =
        type == ScdType.ONE
            ? IntStream.of(all - 1)
            : IntStream.concat(IntStream.of(all - 1), random.ints(LOOKS, 0, all));
    for (int look : looks.toArray()) {
      int end = timeline.upTo(look);
      List<Row> then =
          rows.stream()
              .filter(
                  row -> type == ScdType.ONE || timeline.holds(row, timeline.places().get(look)))
              .toList();
      assertThat(RowTexts.of(then, columns))
          .as("%s, up to event %d of %d", which, end, all)
          .containsExactlyInAnyOrderElementsOf(
              RowTexts.of(ReplayedTable.replay(columns, timeline.events().subList(0, end))));
    }
  }

  private static Timeline asSent(CapturedTable table, Way way) {
    return new Timeline(
        IntStream.range(0, way.messages().size()).mapToObj(at -> new long[] {at}).toList(),
        way.messages().stream().map(table.decoded()::get).toList(),
        place -> new long[] {place.getAs("entry")});
  }

  /** The same for every way: that events come again is nothing new in this order. */
  private static Timeline asLogged(CapturedTable table) {
    List<List<Outcome>> changes =
        table.decoded().stream()
            .filter(outcomes -> outcomes.get(0).change() != null)
            .sorted((one, other) -> Arrays.compare(placeInLog(one), placeInLog(other)))
            .toList();
    return new Timeline(
        changes.stream().map(CaptureMergeIT::placeInLog).toList(),
        changes,
        place ->
            new long[] {
              place.getAs("binlog_file"),
              place.getAs("binlog_pos"),
              place.<Integer>getAs("binlog_row")
            });
  }

  private static long[] placeInLog(List<Outcome> outcomes) {
    try {
      JsonNode place =
          JSON.readTree(Objects.requireNonNull(outcomes.get(0).change()).source().position());
      String file = place.path("file").textValue();
      return new long[] {
        Long.parseLong(file.substring(file.lastIndexOf('.') + 1)),
        place.path("pos").longValue(),
        place.path("row").longValue()
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The messages in any order in which those of each partition keep theirs. */
  private List<Integer> inTurns(List<Integer> partitions) {
    List<Integer> turns = new ArrayList<>(partitions);
    if (new HashSet<>(partitions).size() > 1) {
      Collections.shuffle(turns, random);
    }
    Map<Integer, Iterator<Integer>> messages = new HashMap<>();
    return turns.stream()
        .map(turn -> messages.computeIfAbsent(turn, each -> of(each, partitions)).next())
        .toList();
  }

  private static Iterator<Integer> of(int partition, List<Integer> partitions) {
    return IntStream.range(0, partitions.size())
        .filter(message -> partitions.get(message) == partition)
        .iterator();
  }

  /** The messages in this order, with steps back, most of them short. */
  private List<Integer> steps(List<Integer> order) {
    int messages = order.size();
    List<Integer> sent = new ArrayList<>();
    int next = 0;
    while (next < messages) {
      int end = Math.min(messages, next + 1 + random.nextInt(messages));
      sent.addAll(order.subList(next, end));
      int back = random.nextInt(random.nextInt(4) == 0 ? end : 20);
      next = end == messages ? end : Math.max(0, end - back);
    }
    return sent;
  }

  /** All messages in any order, and some of them again. */
  private List<Integer> shuffled(int messages) {
    List<Integer> sent = new ArrayList<>();
    IntStream.range(0, messages).forEach(sent::add);
    random.ints(messages / 4, 0, messages).forEach(sent::add);
    Collections.shuffle(sent, random);
    return sent;
  }

  /**
   * Cuts anywhere, half of the cuts before messages of a kind if there are any.
   *
   * @param parted the numbers of such messages
   */
  private Way cut(List<Integer> messages, Set<Integer> parted) {
    int[] places =
        IntStream.range(0, messages.size())
            .filter(at -> parted.contains(messages.get(at)))
            .toArray();
    int[] cuts =
        random
            .ints(BATCHES - 1, 0, messages.size() + 1)
            .map(
                cut ->
                    places.length > 0 && random.nextBoolean()
                        ? places[random.nextInt(places.length)]
                        : cut)
            .sorted()
            .toArray();
    return new Way(messages, cuts);
  }

  /**
   * The upserts that lack something and follow a delete of the same change, which do not say that
   * their row had another key: where a batch is to begin, as chance would seldom let it.
   */
  private static Set<Integer> parted(List<List<Outcome>> decoded) {
    Set<Integer> parted = new HashSet<>();
    int deleted = -1;
    for (int at = 0; at < decoded.size(); at++) {
      ChangeEvent.RowChange change = decoded.get(at).get(0).change();
      if (change != null && change.op() == Op.DELETE) {
        deleted = at;
      } else if (change != null && deleted >= 0) {
        ChangeEvent.RowChange before = Objects.requireNonNull(decoded.get(deleted).get(0).change());
        String position = before.source().position();
        if (before.otherKey() == null
            && position != null
            && position.equals(change.source().position())
            && !Objects.requireNonNull(decoded.get(at).get(0).row()).unwritten().isEmpty()) {
          parted.add(at);
        }
        deleted = -1;
      }
    }
    return parted;
  }
}
