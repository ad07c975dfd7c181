package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminBuilder;
import org.apache.pulsar.client.api.ClientBuilder;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;

/**
 * The clients of one JVM: one {@link PulsarClient} per distinct connection, closed when its last
 * user has released it.
 *
 * <p>A client in use is never closed, and two clusters, or two identities on one cluster, never
 * share one.
 */
public final class PulsarClients {

  private static final Map<PulsarOptions.Connection, Shared> SHARED = new HashMap<>();

  /** A counted use of a shared client; closing it releases the client. */
  public static final class Lease implements AutoCloseable {
    private final Shared shared;
    private boolean released;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /** The client, valid until this lease is closed. */
    public PulsarClient client() {
      return shared.client;
    }

    @Override
    public void close() {
      synchronized (SHARED) {
        if (!released) {
          released = true;
          shared.release();
        }
      }
    }
  }

  private static final class Shared {
    private final PulsarOptions.Connection connection;
    private final PulsarClient client;
    private int users;

    private Shared(PulsarOptions.Connection connection, PulsarClient client) {
      this.connection = connection;
      this.client = client;
    }

    private void release() {
      users--;
      if (users == 0) {
        SHARED.remove(connection, this);
        var unused = client.closeAsync();
      }
    }
  }

  private PulsarClients() {}

  /**
   * Takes part in the client of a connection, opening it if nobody has.
   *
   * @throws SluiceException INVALID_JOB for a setting the client does not know, BROKER_UNREACHABLE
   *     or NOT_AUTHORIZED when it cannot be set up
   */
  public static Lease acquire(PulsarOptions.Connection connection) {
    synchronized (SHARED) {
      Shared shared = SHARED.get(connection);
      if (shared == null) {
        shared = new Shared(connection, open(connection));
        SHARED.put(connection, shared);
      }
      shared.users++;
      return new Lease(shared);
    }
  }

  private static PulsarClient open(PulsarOptions.Connection connection) {
    try {
      return loaded(PulsarClient.builder(), connection.client())
          .serviceUrl(connection.serviceUrl())
          .build();
    } catch (SluiceException named) {
      throw named;
    } catch (Exception failure) {
      throw unusable(failure, "the Pulsar client", connection);
    }
  }

  private static ClientBuilder loaded(ClientBuilder builder, Map<String, String> given) {
    Map<String, Object> settings = ClientSettings.of(given);
    try {
      return builder.loadConf(settings);
    } catch (RuntimeException unreadable) {
      throw unusable(given);
    }
  }

  private static PulsarAdminBuilder loaded(PulsarAdminBuilder builder, Map<String, String> given) {
    Map<String, Object> settings = ClientSettings.of(given);
    try {
      return builder.loadConf(settings);
    } catch (RuntimeException unreadable) {
      throw unusable(given);
    }
  }

  /** Without the cause: the client's own message quotes values, which may be secrets. */
  private static SluiceException unusable(Map<String, String> given) {
    return new SluiceException(
        Condition.INVALID_JOB,
        "Cannot use the Pulsar client settings "
            + String.join(", ", new TreeSet<>(given.keySet()))
            + ": one of them has a value of the wrong type, such as text for a number, or authParams"
            + " do not fit authPluginClassName");
  }

  /**
   * Opens an admin client, which the caller closes. It uses the client's settings, too, unless the
   * admin's own say otherwise: both authenticate alike.
   */
  static PulsarAdmin openAdmin(PulsarOptions.Connection connection) {
    try {
      return loaded(PulsarAdmin.builder(), ClientSettings.ofAdmin(connection))
          .serviceHttpUrl(connection.adminUrl())
          .connectionTimeout(10, TimeUnit.SECONDS)
          .readTimeout(30, TimeUnit.SECONDS)
          .requestTimeout(30, TimeUnit.SECONDS)
          .build();
    } catch (SluiceException named) {
      throw named;
    } catch (Exception failure) {
      throw unusable(failure, "the Pulsar admin client", connection);
    }
  }

  /** A file that cannot be read comes as many exceptions, some of them not declared. */
  private static SluiceException unusable(
      Exception failure, String client, PulsarOptions.Connection connection) {
    Throwable unreadable = failure;
    while (unreadable != null
        && (!(unreadable instanceof IOException) || unreadable instanceof PulsarClientException)) {
      unreadable = unreadable.getCause();
    }
    if (unreadable == null) {
      return PulsarFailures.named(failure, "set up " + client, connection);
    }
    return new SluiceException(
        Condition.INVALID_JOB,
        "Cannot set up "
            + client
            + ": "
            + unreadable
            + ". Check the files that pulsar.client.* and pulsar.admin.* name, and that they exist"
            + " on the driver and on every executor",
        failure);
  }
}
