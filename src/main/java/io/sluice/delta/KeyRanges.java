package io.sluice.delta;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Encoder;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.expressions.Aggregator;
import org.apache.spark.sql.functions;
import org.jspecify.annotations.Nullable;

/**
 * Where on the number line keys lie: a few ranges that hold all of them, with the widest gaps
 * between the keys left out.
 *
 * <p>Keys are gathered in any order and number. When too many ranges have come together, those with
 * the narrowest gaps become one; which gaps are found thus depends on the order, that every key is
 * held does not.
 *
 * <p>It is public because Spark takes no other class between tasks.
 */
public final class KeyRanges implements Serializable {

  /**
   * Keys from the first to the last.
   *
   * @param first the smallest
   * @param last the largest
   */
  record Range(long first, long last) implements Serializable {}

  /** How many ranges there are in the end: each is a part of a condition that every row meets. */
  static final int FEW = 8;

  private static final int KEPT = 64;
  private static final int MOST = 1024;
  private static final long serialVersionUID = 1;

  private final ArrayList<Range> ranges = new ArrayList<>();

  /** Takes a key. */
  void add(long key) {
    add(new Range(key, key));
  }

  /** Takes the keys of others. */
  void addAll(KeyRanges others) {
    others.ranges.forEach(this::add);
  }

  private void add(Range range) {
    ranges.add(range);
    if (ranges.size() == MOST) {
      List<Range> joined = joined(KEPT);
      ranges.clear();
      ranges.addAll(joined);
    }
  }

  /** At most {@value #FEW} ranges in rising order; none without keys. */
  List<Range> few() {
    return joined(FEW);
  }

  private List<Range> joined(int most) {
    List<Range> apart = new ArrayList<>();
    for (Range range : ranges.stream().sorted(Comparator.comparingLong(Range::first)).toList()) {
      Range before = apart.isEmpty() ? null : apart.get(apart.size() - 1);
      if (before == null || range.first > before.last) {
        apart.add(range);
      } else if (range.last > before.last) {
        apart.set(apart.size() - 1, new Range(before.first, range.last));
      }
    }
    List<Integer> cuts =
        IntStream.range(1, apart.size())
            .boxed()
            .sorted(
                Comparator.comparing(
                        (Integer cut) -> gap(apart.get(cut - 1), apart.get(cut)),
                        Long::compareUnsigned)
                    .reversed())
            .limit(most - 1L)
            .sorted()
            .toList();
    List<Range> joined = new ArrayList<>();
    int from = 0;
    for (int cut : cuts) {
      joined.add(new Range(apart.get(from).first, apart.get(cut - 1).last));
      from = cut;
    }
    if (!apart.isEmpty()) {
      joined.add(new Range(apart.get(from).first, apart.get(apart.size() - 1).last));
    }
    return joined;
  }

  /** The distance as an unsigned number, as it may be larger than any signed one. */
  private static long gap(Range before, Range after) {
    return after.first - before.last;
  }

  /**
   * The ranges of a column as an aggregate, to be read with {@link #read}.
   *
   * @param key of type LONG; null does not count
   */
  static Column of(Column key) {
    return functions.udaf(new Gathering(), Encoders.LONG()).apply(key);
  }

  /** What the aggregate gave. */
  static List<Range> read(byte[] aggregate) {
    ByteBuffer bytes = ByteBuffer.wrap(aggregate);
    List<Range> ranges = new ArrayList<>();
    while (bytes.hasRemaining()) {
      ranges.add(new Range(bytes.getLong(), bytes.getLong()));
    }
    return ranges;
  }

  private static final class Gathering extends Aggregator<@Nullable Long, KeyRanges, byte[]> {

    private static final long serialVersionUID = 1;

    @Override
    public KeyRanges zero() {
      return new KeyRanges();
    }

    @Override
    public KeyRanges reduce(KeyRanges ranges, @Nullable Long key) {
      if (key != null) {
        ranges.add(key);
      }
      return ranges;
    }

    @Override
    public KeyRanges merge(KeyRanges ranges, KeyRanges others) {
      ranges.addAll(others);
      return ranges;
    }

    @Override
    public byte[] finish(KeyRanges ranges) {
      List<Range> few = ranges.few();
      ByteBuffer bytes = ByteBuffer.allocate(few.size() * 2 * Long.BYTES);
      few.forEach(range -> bytes.putLong(range.first()).putLong(range.last()));
      return bytes.array();
    }

    @Override
    public Encoder<KeyRanges> bufferEncoder() {
      return Encoders.javaSerialization(KeyRanges.class);
    }

    @Override
    public Encoder<byte[]> outputEncoder() {
      return Encoders.BINARY();
    }
  }
}
