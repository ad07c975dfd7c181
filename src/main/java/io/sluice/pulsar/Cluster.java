package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.api.PulsarClient;

/** The driver's two doors to one cluster, opened together and closed together. */
public final class Cluster implements AutoCloseable {

  /** Requests under way at once, so that a thousand partitions do not flood a broker. */
  private static final int CONCURRENCY = 64;

  /**
   * For how long a question is asked again: longer than the 30 seconds after which a cluster's
   * metadata store gives up a broker that has died, by default, and others take its topics.
   */
  static final int PATIENCE_SECONDS = 60;

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final PulsarOptions.Connection connection;
  private final PulsarClients.Lease lease;
  private final PulsarAdmin admin;

  private Cluster(
      PulsarOptions.Connection connection, PulsarClients.Lease lease, PulsarAdmin admin) {
    this.connection = connection;
    this.lease = lease;
    this.admin = admin;
  }

  /**
   * Opens both doors.
   *
   * @throws io.sluice.SluiceException INVALID_JOB for settings that the clients do not take,
   *     BROKER_UNREACHABLE for certificates that are not trusted
   */
  public static Cluster open(PulsarOptions.Connection connection) {
    CertificateCheck.of(connection);
    PulsarClients.Lease lease = PulsarClients.acquire(connection);
    try {
      return new Cluster(connection, lease, PulsarClients.openAdmin(connection));
    } catch (RuntimeException failure) {
      lease.close();
      throw failure;
    }
  }

  PulsarOptions.Connection connection() {
    return connection;
  }

  PulsarClient client() {
    return lease.client();
  }

  PulsarAdmin admin() {
    return admin;
  }

  /**
   * Asks for every item, a bounded number at a time, and waits for all the answers. What an answer
   * fails with is thrown as it is.
   */
  static <T, R> List<R> forAll(Collection<T> items, Function<T, CompletableFuture<R>> request) {
    List<CompletableFuture<R>> answers = new ArrayList<>(items.size());
    for (T item : items) {
      if (answers.size() >= CONCURRENCY) {
        answers.get(answers.size() - CONCURRENCY).exceptionally(failed -> null).join();
      }
      answers.add(request.apply(item));
    }
    try {
      return answers.stream().map(CompletableFuture::join).toList();
    } catch (CompletionException failure) {
      throw failure.getCause() instanceof RuntimeException cause ? cause : failure;
    }
  }

  /**
   * Asks again while the brokers cannot be reached, for a minute: a broker that restarts must not
   * end a stream, and neither client repeats a question whose connection breaks.
   *
   * @throws SluiceException what the last try failed with
   */
  static <T> T patiently(Supplier<T> question) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try {
        return question.get();
      } catch (SluiceException failure) {
        if (failure.condition() != Condition.BROKER_UNREACHABLE
            || System.nanoTime() > deadline
            || Thread.currentThread().isInterrupted()) {
          throw failure;
        }
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  @Override
  public void close() {
    admin.close();
    lease.close();
  }
}
