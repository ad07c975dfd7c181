package io.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.SparkSessions;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class FlightsPublisherIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();

  @Test
  void publish_allFlights_sparkReadsTheSameSums() {
    String topic = BROKER.uniqueTopic("flights");

    FlightsPublisher.createTopic(BROKER.adminUrl(), topic, 4);
    FlightsPublisher.publish(BROKER.serviceUrl(), topic, Long.MAX_VALUE, false, sent -> {});

    var row =
        SparkSessions.compiling()
            .read()
            .format("pulsar")
            .option("service.url", BROKER.serviceUrl())
            .option("admin.url", BROKER.adminUrl())
            .option("topic", topic)
            .load()
            .agg(
                functions.count("*"),
                functions.sum("delay"),
                functions.sum("distance"),
                functions.countDistinct("origin"),
                functions.min("date").cast("string"))
            .head();
    // Counted in the file with awk.
    assertThat(row.toString()).isEqualTo("[230770,1530111,168877722,228,2001-01-01 00:01:00]");
  }
}
