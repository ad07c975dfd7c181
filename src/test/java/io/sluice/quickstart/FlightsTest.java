package io.sluice.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FlightsTest {

  @Test
  void iterator_shippedFlights_areCompleteAndInOrderOfTime() throws Exception {
    List<Flight> all = new ArrayList<>();
    try (Flights flights = Flights.open()) {
      flights.iterator().forEachRemaining(all::add);
    }

    assertThat(all)
        .hasSize(230_770)
        .startsWith(new Flight(LocalDateTime.parse("2001-01-01T00:01"), 33, 2176, "LAS", "PHL"))
        .isSortedAccordingTo((a, b) -> a.date().compareTo(b.date()));
  }
}
