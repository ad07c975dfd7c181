package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.client.api.PulsarClientException;

/** Gives the failures of the Pulsar clients their {@link Condition} and a next step. */
final class PulsarFailures {

  private PulsarFailures() {}

  /**
   * Names a failure.
   *
   * @param failure what the client threw, wrapped in futures' exceptions or not
   * @param action what could not be done, as in "Cannot ACTION"
   * @param connection whose addresses the message names
   */
  static SluiceException named(
      Throwable failure, String action, PulsarOptions.Connection connection) {
    Throwable cause = unwrap(failure);
    if (cause instanceof SluiceException named) {
      return named;
    }
    String what = "Cannot " + action + ": " + firstLine(cause);
    if (isAuthorization(cause)) {
      return new SluiceException(
          Condition.NOT_AUTHORIZED,
          what
              + ". Check the token or certificate (pulsar.client.authParams, pulsar.client.tls*),"
              + " and that its role may consume from the topic",
          cause);
    }
    if (isMissing(cause)) {
      return new SluiceException(
          Condition.TOPIC_NOT_FOUND,
          what + ". Check the topic's name, or create it; Sluice never creates a topic it reads",
          cause);
    }
    if (isConnection(cause)) {
      return new SluiceException(
          Condition.BROKER_UNREACHABLE,
          what + ". Check that the broker runs and that " + connection + " are its addresses",
          cause);
    }
    return new SluiceException(Condition.UNEXPECTED, what, cause);
  }

  /** Whether the topic or the thing asked for is not there. */
  static boolean isMissing(Throwable failure) {
    Throwable cause = unwrap(failure);
    return cause instanceof PulsarAdminException.NotFoundException
        || cause instanceof PulsarClientException.TopicDoesNotExistException
        || cause instanceof PulsarClientException.NotFoundException;
  }

  /** The client's own exceptions, and those of the network that it lets through. */
  private static boolean isConnection(Throwable cause) {
    return cause instanceof IOException
        || cause instanceof PulsarAdminException
        || cause instanceof TimeoutException;
  }

  private static boolean isAuthorization(Throwable cause) {
    return cause instanceof PulsarClientException.AuthenticationException
        || cause instanceof PulsarClientException.AuthorizationException
        || cause instanceof PulsarAdminException.NotAuthorizedException
        || (cause instanceof PulsarAdminException admin
            && Set.of(401, 403).contains(admin.getStatusCode()));
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String firstLine(Throwable cause) {
    String message = cause.getMessage();
    if (message == null || message.isBlank()) {
      return cause.getClass().getSimpleName();
    }
    return message.lines().findFirst().orElse(message).strip();
  }
}
