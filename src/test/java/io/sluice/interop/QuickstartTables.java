package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sluice.testing.SparkSessions;
import io.sluice.testing.TopicContents;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.Message;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.Reader;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.schema.GenericRecord;
import org.apache.spark.sql.Row;

/**
 * What the tables of {@code jobs/quickstart.yaml} and {@code jobs/ecommerce/orders.yaml} hold, or,
 * worked out from the topics alone, should hold. It shares nothing with the product.
 *
 * @param flights how many rows are there of each text; the job keeps no position
 * @param orders a text for each key
 */
record QuickstartTables(Map<String, Long> flights, Map<Long, String> orders) {

  static final String FLIGHTS = "persistent://public/default/flights";
  static final String SHOP = "persistent://public/default/shop.ecommerce";

  private static final BigDecimal KILOMETRES = new BigDecimal("1.609344");
  private static final List<String> ORDER_COLUMNS =
      List.of("order_id", "customer_id", "status", "note", "priority");

  /** What the tables have to hold when everything of the topics is in them. */
  static QuickstartTables ofTopics(PulsarClient client) throws IOException {
    return new QuickstartTables(flightsOfTopic(client), ordersOfTopic(client));
  }

  /**
   * What the tables below a directory hold.
   *
   * @throws AssertionError if a key is there twice
   */
  static QuickstartTables ofLake(Path lake) {
    Map<Long, String> orders = new TreeMap<>();
    for (Row row : rows(lake.resolve("ecommerce/orders"), ORDER_COLUMNS.toArray(String[]::new))) {
      if (orders.put(row.getLong(0), row.mkString("|")) != null) {
        throw new AssertionError("twice in the table: " + row);
      }
    }
    return new QuickstartTables(flightsOfLake(lake), orders);
  }

  /** How many rows the table of flights has of each text. */
  static Map<String, Long> flightsOfLake(Path lake) {
    Map<String, Long> flights = new TreeMap<>();
    for (Row row : rows(lake.resolve("quickstart/flights"), "*")) {
      String text =
          "%s %s %s %d %b %d %s"
              .formatted(
                  row.<LocalDateTime>getAs("departure"),
                  row.getAs("origin"),
                  row.getAs("destination"),
                  row.<Integer>getAs("delay_minutes"),
                  row.<Boolean>getAs("late"),
                  row.<Integer>getAs("distance_km"),
                  row.getAs("part_of_day"));
      flights.merge(text, 1L, Long::sum);
    }
    return flights;
  }

  /** Some of what others have that these have not, or the other way. */
  List<String> differences(QuickstartTables others) {
    return Stream.concat(
            differences(flights, others.flights()), differences(orders, others.orders()))
        .limit(10)
        .toList();
  }

  private static <K, V> Stream<String> differences(Map<K, V> ours, Map<K, V> theirs) {
    Set<K> keys = new LinkedHashSet<>(ours.keySet());
    keys.addAll(theirs.keySet());
    return keys.stream()
        .filter(key -> !Objects.equals(ours.get(key), theirs.get(key)))
        .map(key -> "%s: %s, not %s".formatted(key, theirs.get(key), ours.get(key)));
  }

  private static List<Row> rows(Path table, String... columns) {
    return SparkSessions.local()
        .read()
        .format("delta")
        .load(table.toString())
        .selectExpr(columns)
        .collectAsList();
  }

  private static Map<String, Long> flightsOfTopic(PulsarClient client) throws IOException {
    Map<String, Long> flights = new TreeMap<>();
    for (String partition : client.getPartitionsForTopic(FLIGHTS, false).join()) {
      try (Reader<GenericRecord> reader =
          client
              .newReader(Schema.AUTO_CONSUME())
              .topic(partition)
              .startMessageId(MessageId.earliest)
              .create()) {
        while (reader.hasMessageAvailable()) {
          Message<GenericRecord> message = reader.readNext(30, TimeUnit.SECONDS);
          if (message == null) {
            throw new AssertionError("nothing comes of " + partition);
          }
          flights.merge(flight(message.getValue()), 1L, Long::sum);
        }
      }
    }
    return flights;
  }

  private static String flight(GenericRecord flight) {
    LocalDateTime departure =
        LocalDateTime.ofEpochSecond((Long) flight.getField("date") / 1000, 0, ZoneOffset.UTC);
    int delay = (Integer) flight.getField("delay");
    int hour = departure.getHour();
    String part = hour < 6 ? "night" : hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening";
    return "%s %s %s %d %b %d %s"
        .formatted(
            departure,
            flight.getField("origin"),
            flight.getField("destination"),
            delay,
            delay >= 15,
            BigDecimal.valueOf((Integer) flight.getField("distance"))
                .multiply(KILOMETRES)
                .setScale(0, RoundingMode.HALF_UP)
                .intValue(),
            part);
  }

  private static Map<Long, String> ordersOfTopic(PulsarClient client) throws IOException {
    JsonMapper json = new JsonMapper();
    Map<Long, String> orders = new TreeMap<>();
    for (String text : TopicContents.read(client, SHOP + ".orders").values()) {
      if (text.isEmpty()) {
        continue;
      }
      JsonNode event = json.readTree(text).path("payload");
      switch (event.path("op").asText()) {
        case "t" -> orders.clear();
        case "d" -> orders.remove(event.path("before").path("order_id").asLong());
        default ->
            orders.put(
                event.path("after").path("order_id").asLong(),
                ORDER_COLUMNS.stream()
                    .map(column -> event.path("after").path(column).asText("null"))
                    .collect(Collectors.joining("|")));
      }
    }
    return orders;
  }
}
