import io.sluice.shaded.pulsar.client.admin.PulsarAdmin;
import io.sluice.shaded.pulsar.client.api.CompressionType;
import io.sluice.shaded.pulsar.client.api.MessageId;
import io.sluice.shaded.pulsar.client.api.PulsarClient;
import io.sluice.shaded.pulsar.client.api.Schema;
import io.sluice.pulsar.PulsarClients;
import io.sluice.pulsar.PulsarOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Talks to a secured broker with nothing but the client inside sluice.jar; prints what worked. */
class RelocatedClient {
  public static void main(String[] args) throws Exception {
    String plugin = "io.sluice.shaded.pulsar.client.impl.auth.AuthenticationToken";
    String token = "token:" + args[2];
    try (var client =
            PulsarClient.builder()
                .serviceUrl(args[0])
                .authentication(plugin, token)
                .tlsTrustCertsFilePath(args[3])
                .enableTlsHostnameVerification(true)
                .enableTransaction(true)
                .build();
        var admin =
            PulsarAdmin.builder()
                .serviceHttpUrl(args[1])
                .authentication(plugin, token)
                .tlsTrustCertsFilePath(args[3])
                .build()) {
      for (CompressionType compression : CompressionType.values()) {
        String topic = "persistent://public/default/relocated-" + compression;
        admin.topics().createPartitionedTopic(topic, 2);
        List<String> sent = IntStream.range(0, 500).mapToObj(i -> "text " + i).toList();
        try (var producer =
            client.newProducer(Schema.STRING).topic(topic).compressionType(compression).create()) {
          sent.forEach(producer::sendAsync);
          producer.flush();
        }
        List<String> read = new ArrayList<>();
        try (var reader =
            client.newReader(Schema.STRING).topic(topic).startMessageId(MessageId.earliest).create()) {
          while (reader.hasMessageAvailable()) {
            read.add(reader.readNext().getValue());
          }
        }
        read.sort(null);
        System.out.println(compression + " " + read.equals(sent.stream().sorted().toList()));
      }
      client.newTransaction().build().get().commit().get();
      System.out.println("TRANSACTION true");
    }
    var connection =
        new PulsarOptions.Connection(
            args[0],
            args[1],
            Map.of(
                "authPluginClassName", "org.apache.pulsar.client.impl.auth.AuthenticationToken",
                "authParams", token,
                "tlsTrustCertsFilePath", args[3]),
            Map.of());
    try (var lease = PulsarClients.acquire(connection)) {
      int partitions =
          lease
              .client()
              .getPartitionsForTopic("persistent://public/default/relocated-LZ4", false)
              .get()
              .size();
      System.out.println("PUBLISHED_NAME " + (partitions == 2));
    }
    String netty = "io.sluice.shaded.pulsar.shade.io.netty.";
    System.out.println("OPENSSL " + available(netty + "handler.ssl.OpenSsl"));
    System.out.println("EPOLL " + available(netty + "channel.epoll.Epoll"));
  }

  private static Object available(String name) throws Exception {
    return Class.forName(name).getMethod("isAvailable").invoke(null);
  }
}
