package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.RandomMessages;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pulsar.common.policies.data.ManagedLedgerInternalStats.LedgerInfo;
import org.apache.pulsar.common.policies.data.PersistentTopicInternalStats;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random topics, cut into random ranges and read while the broker unloads them and readers are
 * killed: what the ranges give together is the model, message by message.
 *
 * <p>{@code -Dsluice.model.runs=500} runs more seeds; a failure names its seed.
 */
class RangeModelIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  private static final int RUNS = Integer.getInteger("sluice.model.runs", 20);

  /** Mistakes a reader could make, to see that the model finds them. */
  private enum Mistake {
    NONE,
    LEAVES_OUT_AN_ENTRY,
    GIVES_AN_ENTRY_TWICE,
    READS_PAST_THE_END,
    ENDS_EARLY
  }

  @Test
  void ranges_ofARandomTopic_giveTheModel() throws Exception {
    for (int seed = 0; seed < RUNS; seed++) {
      check(seed, Mistake.NONE);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void model_findsAReaderThat(Mistake mistake) {
    assertThatThrownBy(() -> check(1, mistake)).isInstanceOf(AssertionError.class);
  }

  private static void check(int seed, Mistake mistake) throws Exception {
    Random random = new Random(seed);
    RandomTopic topic = new RandomTopic(BROKER, random);
    topic.fill(6 + random.nextInt(10));
    PulsarOptions options =
        PulsarOptions.parse(
            Map.of(
                "service.url", BROKER.serviceUrl(),
                "admin.url", BROKER.adminUrl(),
                "topic", topic.partition().topic(),
                "readAheadBytes", Integer.toString(1 + random.nextInt(20_000))));
    Map<String, String> read = new TreeMap<>();
    for (ReadRange range : cut(topic.partition(), random)) {
      while (!readAttempt(options, range, random, mistake, read)) {
        BROKER.admin().topics().unload(topic.partition().fullName());
      }
    }
    RangeReader.forget(options, Set.of(topic.partition()));

    Set<String> missing = new LinkedHashSet<>(topic.model().keySet());
    missing.removeAll(read.keySet());
    Set<String> unexpected = new LinkedHashSet<>(read.keySet());
    unexpected.removeAll(topic.model().keySet());
    assertThat(missing).as("missing, seed %s", seed).isEmpty();
    assertThat(unexpected).as("unexpected, seed %s", seed).isEmpty();
    assertThat(read.equals(topic.model())).as("values, seed %s", seed).isTrue();
  }

  /** Everything that is stored, markers and aborted messages too, cut at random entries. */
  private static List<ReadRange> cut(TopicPartition partition, Random random) throws Exception {
    PersistentTopicInternalStats stats =
        BROKER.admin().topics().getInternalStats(partition.fullName());
    TreeSet<Pos> cuts = new TreeSet<>(Pos::compareTo);
    List<Segment> all = new ArrayList<>();
    for (LedgerInfo ledger : stats.ledgers) {
      long entries = ledger.entries == 0 ? stats.currentLedgerEntries : ledger.entries;
      if (entries > 0) {
        all.add(new Segment(ledger.ledgerId, 0, entries, 0));
        for (int i = 0; i < 3; i++) {
          cuts.add(new Pos(ledger.ledgerId, random.nextLong(entries)));
        }
      }
    }
    if (all.isEmpty()) {
      return List.of();
    }
    Segment last = all.get(all.size() - 1);
    cuts.add(new Pos(last.ledger(), last.to()));
    List<ReadRange> ranges = new ArrayList<>();
    Pos start = Pos.EARLIEST;
    for (Pos end : cuts) {
      ranges.add(new ReadRange(partition, start, end, between(all, start, end)));
      start = end;
    }
    return ranges;
  }

  private static List<Segment> between(List<Segment> all, Pos start, Pos end) {
    return all.stream()
        .map(
            segment ->
                new Segment(
                    segment.ledger(),
                    segment.ledger() == start.ledger() ? start.entry() : 0,
                    segment.ledger() == end.ledger() ? end.entry() : segment.to(),
                    0))
        .filter(segment -> segment.from() < segment.to())
        .filter(segment -> segment.ledger() >= start.ledger())
        .filter(segment -> segment.ledger() <= end.ledger())
        .toList();
  }

  /** Reads a range as a task does; false if the attempt was killed, and what it read is void. */
  private static boolean readAttempt(
      PulsarOptions options,
      ReadRange range,
      Random random,
      Mistake mistake,
      Map<String, String> read)
      throws Exception {
    int killedAfter = random.nextInt(3) == 0 ? random.nextInt(20) : Integer.MAX_VALUE;
    int unloadedAfter = random.nextInt(4) == 0 ? random.nextInt(20) : Integer.MAX_VALUE;
    ReadRange asked =
        mistake == Mistake.READS_PAST_THE_END
            ? new ReadRange(
                range.partition(),
                range.start(),
                Pos.after(range.end().ledger(), range.end().entry()),
                range.segments())
            : range;
    Map<String, String> rows = new TreeMap<>();
    EntrySources sources = new BrokerSources(options, true);
    try (RangeReader reader =
        new RangeReader(
            asked,
            mistake == Mistake.NONE ? sources : new Mistaken(sources, mistake),
            GapVerifier.askingBroker(options),
            Duration.ofSeconds(20),
            Duration.ofSeconds(2),
            /* snapshot= */ false,
            random.nextBoolean())) {
      int entries = 0;
      for (RawEntry entry = reader.next(); entry != null; entry = reader.next()) {
        if (entries == killedAfter) {
          return false;
        }
        if (entries == unloadedAfter) {
          BROKER.admin().topics().unload(range.partition().fullName());
        }
        entries++;
        while (entry.advance()) {
          put(rows, entry);
          if (mistake == Mistake.GIVES_AN_ENTRY_TWICE && entries == 2) {
            put(rows, entry);
          }
        }
      }
    }
    rows.forEach((id, value) -> assertThat(read.put(id, value)).as("read before: %s", id).isNull());
    return true;
  }

  private static void put(Map<String, String> rows, RawEntry entry) {
    String id = RandomMessages.id(entry.ledger(), entry.entry(), entry.batchIndex());
    String value =
        new String(
            entry.payload(), entry.payloadOffset(), entry.payloadLength(), StandardCharsets.UTF_8);
    assertThat(rows.put(id, value)).as("read twice: %s", id).isNull();
  }

  /** Sources with a mistake planted. */
  private record Mistaken(EntrySources broker, Mistake mistake) implements EntrySources {
    @Override
    public @Nullable EntrySource resume(TopicPartition partition, Pos start) {
      return null;
    }

    @Override
    public EntrySource open(TopicPartition partition, Pos start) throws InterruptedException {
      EntrySource right = broker.open(partition, start);
      return new EntrySource() {
        private int polled;

        @Override
        public @Nullable RawEntry poll(Duration timeout) {
          if (mistake == Mistake.ENDS_EARLY && polled == 3) {
            return null;
          }
          RawEntry entry = right.poll(timeout);
          polled += entry == null ? 0 : 1;
          return entry != null && mistake == Mistake.LEAVES_OUT_AN_ENTRY && polled == 2
              ? right.poll(timeout)
              : entry;
        }

        @Override
        public void giveBack() {
          right.giveBack();
        }

        @Override
        public @Nullable Pos passed() {
          return mistake == Mistake.ENDS_EARLY ? new Pos(Long.MAX_VALUE, 0) : right.passed();
        }

        @Override
        public @Nullable Pos oldestOpenChunk() {
          return null;
        }

        @Override
        public long heldBytes() {
          return 0;
        }

        @Override
        public boolean rest() {
          return false;
        }

        @Override
        public boolean resume() {
          return false;
        }

        @Override
        public void close() {
          right.close();
        }
      };
    }

    @Override
    public void leave(TopicPartition partition, Pos next, EntrySource source) {
      source.close();
    }
  }
}
