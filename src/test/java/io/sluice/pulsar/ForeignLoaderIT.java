package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.EntryFilterPlugin;
import io.sluice.testing.PulsarBroker;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.Producer;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.transaction.Transaction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading where Sluice and the Pulsar client have different class loaders. */
class ForeignLoaderIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  /** Loads Sluice itself, and leaves the Pulsar client to the loader of the test. */
  private static final class SluiceLoader extends URLClassLoader {
    SluiceLoader() throws Exception {
      super(
          new URL[] {
            Path.of(RangeReader.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toUri()
                .toURL(),
            Path.of(
                    ForeignLoaderIT.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toUri()
                .toURL()
          },
          ForeignLoaderIT.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      boolean ours =
          name.startsWith("io.sluice.")
              || name.startsWith("org.apache.pulsar.client.impl.TopicConsumer")
              || name.startsWith("org.apache.pulsar.client.impl.EntryConsumer");
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : ours ? findClass(name) : super.loadClass(name, resolve);
      }
    }
  }

  @Test
  void range_isReadMessageByMessage_andEndsByProof() throws Exception {
    String topic = BROKER.createTopic("foreign-loader", 1);
    MessageIdAdv last;
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
      producer.send("one");
      last = (MessageIdAdv) producer.send("two");
      Transaction transaction = BROKER.client().newTransaction().build().get();
      producer.newMessage(transaction).value("aborted").send();
      transaction.abort().get(30, TimeUnit.SECONDS);
    }
    Map<String, String> options =
        Map.of("service.url", BROKER.serviceUrl(), "admin.url", BROKER.adminUrl(), "topic", topic);
    String end = last.getLedgerId() + ":" + (last.getEntryId() + 3);

    assertThat(read(ForeignLoaderProbe.class, options, topic, end))
        .containsExactly("StoredEntry", "one", "StoredEntry", "two");
    try (SluiceLoader loader = new SluiceLoader()) {
      Class<?> foreign = loader.loadClass(ForeignLoaderProbe.class.getName());
      assertThat(foreign).isNotEqualTo(ForeignLoaderProbe.class);
      assertThat(read(foreign, options, topic, end))
          .containsExactly("ClientEntry", "one", "ClientEntry", "two");
    }
  }

  @Test
  void range_whoseTailAnEntryFilterRejects_endsByProof() throws Exception {
    String namespace = BROKER.uniqueNamespace();
    EntryFilterPlugin.use(BROKER.admin(), namespace);
    String topic = "persistent://" + namespace + "/filtered";
    BROKER.admin().topics().createPartitionedTopic(topic, 1);
    MessageIdAdv last;
    try (Producer<String> producer =
        BROKER.client().newProducer(Schema.STRING).topic(topic).enableBatching(false).create()) {
      producer.newMessage().value("first").property(EntryFilterPlugin.REJECTED, "").send();
      producer.send("one");
      producer.newMessage().value("between").property(EntryFilterPlugin.REJECTED, "").send();
      producer.send("two");
      last =
          (MessageIdAdv)
              producer.newMessage().value("tail").property(EntryFilterPlugin.REJECTED, "").send();
    }
    Map<String, String> options =
        Map.of(
            "service.url",
            BROKER.serviceUrl(),
            "admin.url",
            BROKER.adminUrl(),
            "topic",
            topic,
            "pollTimeoutMs",
            "9000");
    String behindAll = last.getLedgerId() + ":" + (last.getEntryId() + 1);
    String behindTheFirst = last.getLedgerId() + ":1";

    assertThat(read(ForeignLoaderProbe.class, options, topic, behindAll))
        .containsExactly("StoredEntry", "one", "StoredEntry", "two");
    try (SluiceLoader loader = new SluiceLoader()) {
      Class<?> foreign = loader.loadClass(ForeignLoaderProbe.class.getName());
      assertThat(read(foreign, options, topic, behindAll))
          .containsExactly("ClientEntry", "one", "ClientEntry", "two");
      assertThat(read(foreign, options, topic, behindTheFirst)).isEmpty();
    }
  }

  @SuppressWarnings("unchecked")
  private static List<String> read(
      Class<?> probe, Map<String, String> options, String topic, String end) throws Exception {
    return ((Callable<List<String>>)
            probe
                .getConstructor(Map.class, String.class, String.class)
                .newInstance(options, topic, end))
        .call();
  }
}
