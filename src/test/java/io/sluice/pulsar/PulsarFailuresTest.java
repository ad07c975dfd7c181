package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.Condition;
import java.nio.channels.ClosedChannelException;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.pulsar.client.api.PulsarClientException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which condition a failure of the Pulsar clients is. */
class PulsarFailuresTest {

  private static final PulsarOptions.Connection CONNECTION =
      new PulsarOptions.Connection("pulsar://b:6650", "http://b:8080", Map.of(), Map.of());

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new ClosedChannelException(), Condition.BROKER_UNREACHABLE),
        Arguments.of(new TimeoutException(), Condition.BROKER_UNREACHABLE),
        Arguments.of(new PulsarClientException("gone"), Condition.BROKER_UNREACHABLE),
        Arguments.of(
            new PulsarClientException.TopicDoesNotExistException("t"), Condition.TOPIC_NOT_FOUND),
        Arguments.of(
            new PulsarClientException.AuthorizationException("no"), Condition.NOT_AUTHORIZED),
        Arguments.of(new IllegalStateException("defect"), Condition.UNEXPECTED));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void named_givesTheCondition_whateverFutureItCameBy(Throwable failure, Condition condition) {
    Throwable wrapped = new ExecutionException(new CompletionException(failure));

    assertThat(PulsarFailures.named(wrapped, "read the tail", CONNECTION).condition())
        .isEqualTo(condition);
    assertThat(PulsarFailures.named(failure, "read the tail", CONNECTION))
        .hasMessageContaining("Cannot read the tail");
  }
}
