package io.sluice.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Reader;

/**
 * The reference: a plain Pulsar reader per partition, each on a thread of its own, that takes every
 * payload and counts.
 */
final class ReaderCount {

  private ReaderCount() {}

  /** Counts all messages of the topic. */
  static long of(String serviceUrl, String topic) throws Exception {
    try (PulsarClient client =
        PulsarClient.builder()
            .loadConf(Map.of("statsIntervalSeconds", 0))
            .serviceUrl(serviceUrl)
            .ioThreads(2)
            .build()) {
      List<String> partitions = client.getPartitionsForTopic(topic, false).get();
      ExecutorService threads = Executors.newFixedThreadPool(partitions.size());
      try {
        List<Future<Long>> counts = new ArrayList<>();
        for (String partition : partitions) {
          counts.add(threads.submit(() -> count(client, partition)));
        }
        long sum = 0;
        for (Future<Long> count : counts) {
          sum += count.get();
        }
        return sum;
      } finally {
        threads.shutdownNow();
      }
    }
  }

  private static long count(PulsarClient client, String partition) throws IOException {
    try (Reader<byte[]> reader =
        client
            .newReader()
            .topic(partition)
            .startMessageId(MessageId.earliest)
            .receiverQueueSize(5_000)
            .create()) {
      var last = (MessageIdAdv) reader.getLastMessageIds().get(0);
      if (last.getEntryId() < 0) {
        return 0;
      }
      long count = 0;
      long bytes = 0;
      while (true) {
        var message = reader.readNext();
        bytes += message.getData().length;
        count++;
        if (message.getMessageId().compareTo(last) >= 0) {
          return bytes >= 0 ? count : 0;
        }
      }
    }
  }
}
