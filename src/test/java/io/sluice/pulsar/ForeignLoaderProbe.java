package io.sluice.pulsar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * Reads a range and says what it read. Speaks in types of the JDK only, so that it can be loaded by
 * another class loader than the test that calls it.
 *
 * @param options the source's options
 * @param topic the topic, of one partition
 * @param end the end of the range
 */
public record ForeignLoaderProbe(Map<String, String> options, String topic, String end)
    implements Callable<List<String>> {

  @Override
  public List<String> call() throws Exception {
    List<String> read = new ArrayList<>();
    var range =
        new ReadRange(new TopicPartition(topic, 0), Pos.EARLIEST, Pos.parse(end), List.of());
    try (RangeReader reader =
        RangeReader.open(
            PulsarOptions.parse(options), range, /* keep= */ false, /* fresh= */ true)) {
      for (RawEntry entry = reader.next(); entry != null; entry = reader.next()) {
        read.add(entry.getClass().getSimpleName());
        while (entry.advance()) {
          read.add(
              new String(
                  entry.payload(),
                  entry.payloadOffset(),
                  entry.payloadLength(),
                  StandardCharsets.UTF_8));
        }
      }
    }
    return read;
  }
}
