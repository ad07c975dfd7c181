package io.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.Schema;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PulsarBrokerIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void createTopic_withPartitions_hasThatMany() throws Exception {
    String topic = BROKER.createTopic("three", 3);

    assertThat(BROKER.client().getPartitionsForTopic(topic, false).get()).hasSize(3);
  }

  @Test
  void client_committedTransaction_isReadable(PulsarBroker injected) throws Exception {
    String topic = injected.uniqueNamespace() + "/txn";
    var transaction = BROKER.client().newTransaction().build().get();
    try (var producer = BROKER.client().newProducer(Schema.STRING).topic(topic).create()) {
      producer.newMessage(transaction).value("committed").send();
    }
    transaction.commit().get();

    try (var reader =
        BROKER
            .client()
            .newReader(Schema.STRING)
            .topic(topic)
            .startMessageId(MessageId.earliest)
            .create()) {
      assertThat(reader.readNext().getValue()).isEqualTo("committed");
    }
  }

  @Test
  void sparkSession_deltaTable_keepsItsRows() {
    var spark = SparkSessions.compiling();

    spark.range(10).write().format("delta").save(lake.path("numbers"));

    assertThat(spark.read().format("delta").load(lake.path("numbers")).count()).isEqualTo(10);
  }
}
