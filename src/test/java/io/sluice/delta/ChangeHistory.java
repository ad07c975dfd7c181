package io.sluice.delta;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

/**
 * Random change events, in batches as a job may get them: few keys, few values and few points in
 * time, so that everything collides; many small histories in one table, told apart by a part of the
 * key, so that one merge tries all of them.
 */
final class ChangeHistory {

  private static final int KEYS = 2;
  private static final int POINTS = 8;

  private static final StructType POSITION =
      new StructType()
          .add("topic", DataTypes.StringType)
          .add("partition", DataTypes.IntegerType)
          .add("ledger", DataTypes.LongType)
          .add("entry", DataTypes.LongType)
          .add("batch_index", DataTypes.IntegerType);

  static final StructType COLUMNS =
      new StructType()
          .add("history", DataTypes.IntegerType)
          .add("id", DataTypes.IntegerType)
          .add("point", DataTypes.LongType)
          .add("a", DataTypes.StringType)
          .add("b", DataTypes.IntegerType)
          .add("_position", POSITION)
          .add("_unwritten", DataTypes.createArrayType(DataTypes.StringType))
          .add("__sluice_kind", DataTypes.IntegerType);

  /**
   * One event.
   *
   * @param id the key within the history; null in an event that cannot be merged
   * @param point what a sequence orders by; null in an event that cannot be merged
   * @param kind 0 deletes, 1 upserts, 2 truncates
   * @param unwritten the columns that it does not carry
   * @param late the values that it carries too late for the table to take them
   * @param entry where it lies in the topic
   */
  record Event(
      int history,
      @Nullable Integer id,
      @Nullable Long point,
      int kind,
      @Nullable String a,
      @Nullable Integer b,
      List<String> unwritten,
      Set<String> late,
      long entry) {

    String key() {
      return history + "/" + id;
    }

    Event at(long newEntry) {
      return new Event(history, id, point, kind, a, b, unwritten, Set.of(), newEntry);
    }

    /** The event as the table has it, without some of its values. */
    Event without(Set<String> values) {
      return new Event(history, id, point, kind, a, b, unwritten, values, entry);
    }

    private Row row() {
      return RowFactory.create(
          history,
          id,
          point,
          a,
          b,
          RowFactory.create("topic", 0, 1L, entry, -1),
          unwritten.isEmpty() ? null : unwritten.toArray(String[]::new),
          kind);
    }
  }

  /**
   * What histories are made of.
   *
   * @param carries what events may leave out
   * @param truncates whether some empty the table
   * @param late whether events come again, late and in any order
   */
  record Shape(Carries carries, boolean truncates, boolean late) {}

  /** What events have of a row's values. */
  enum Carries {
    ALL,
    SOME_COLUMNS,
    /**
     * Of one column {@code n}, a struct of {@code b} and {@code deep}, which is one of {@code a}.
     */
    SOME_FIELDS
  }

  private final Random random;
  private final Shape shape;
  private final int histories;
  private final List<Event> sent = new ArrayList<>();
  private long entry;
  private int batches;
  private long begin;

  ChangeHistory(long seed, Shape shape, int histories) {
    this.random = new Random(seed);
    this.shape = shape;
    this.histories = histories;
  }

  /** Lets the points of new events begin later. */
  void goOn(int points) {
    begin += points;
  }

  /** The events of the next batch, in the order of the topic. */
  List<Event> nextBatch() {
    List<Event> batch = new ArrayList<>();
    for (int history = 0; history < histories; history++) {
      int count = random.nextInt(4);
      for (int i = 0; i < count; i++) {
        batch.add(event(history));
      }
    }
    boolean empties = shape.truncates() && batches++ % 2 == 1;
    if (empties || (shape.truncates() && shape.late())) {
      batch.add(truncate(empties));
    }
    if (shape.late()) {
      for (int i = 0; i < histories / 4 && !sent.isEmpty(); i++) {
        batch.add(sent.get(random.nextInt(sent.size())));
      }
    }
    Collections.shuffle(batch, random);
    List<Event> placed = new ArrayList<>();
    for (Event event : batch) {
      placed.add(event.at(entry++));
    }
    sent.addAll(placed);
    return placed;
  }

  private Event event(int history) {
    int dice = random.nextInt(100);
    long point = begin + random.nextInt(POINTS);
    return new Event(
        history,
        random.nextInt(40) == 0 ? null : (Integer) random.nextInt(KEYS),
        shape.late() && random.nextInt(40) == 0 ? null : (Long) point,
        dice < 25 ? 0 : 1,
        random.nextInt(5) == 0 ? null : "v" + random.nextInt(3),
        random.nextInt(5) == 0 ? null : random.nextInt(3),
        shape.carries() != Carries.ALL && random.nextInt(3) == 0 ? leftOut() : List.of(),
        Set.of(),
        0);
  }

  /**
   * Early, as it would leave little to be seen of what lies before it; its key means nothing.
   *
   * @param known whether it says when; else it cannot be merged
   */
  private Event truncate(boolean known) {
    Integer id = random.nextBoolean() ? null : (Integer) random.nextInt(KEYS);
    Long point = known ? (Long) (long) random.nextInt(2) : null;
    return new Event(random.nextInt(histories), id, point, 2, null, null, List.of(), Set.of(), 0);
  }

  private List<String> leftOut() {
    boolean first = random.nextBoolean();
    return shape.carries() == Carries.SOME_FIELDS ? List.of("a", "b") : List.of(first ? "a" : "b");
  }

  static Dataset<Row> rows(SparkSession spark, List<Event> events, Carries carries) {
    Dataset<Row> rows =
        spark.createDataFrame(events.stream().map(Event::row).toList(), COLUMNS).coalesce(1);
    return switch (carries) {
      case ALL -> rows.drop("_unwritten");
      case SOME_COLUMNS -> rows;
      case SOME_FIELDS ->
          rows.selectExpr(
              "history",
              "id",
              "point",
              "if(a IS NULL AND b IS NULL, NULL,"
                  + " named_struct('b', b, 'deep', named_struct('a', a))) AS n",
              "_position",
              "if(_unwritten IS NULL, NULL, array('n')) AS _unwritten",
              "__sluice_kind");
    };
  }
}
