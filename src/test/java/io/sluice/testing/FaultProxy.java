package io.sluice.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on loopback that fails on command: it cuts connections, goes silent while they stay
 * open, or delays what it forwards.
 *
 * <p>A standalone Pulsar server answers look-ups with the address the client came by, so a client
 * of {@link #serviceUrl()} talks through the proxy for good.
 */
public final class FaultProxy implements AutoCloseable {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "fault-proxy");
            thread.setDaemon(true);
            return thread;
          });
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition thawed = lock.newCondition();
  private boolean frozen;
  private volatile boolean refusing;
  private volatile long delayMillis;

  private FaultProxy(InetSocketAddress target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, LOOPBACK);
    threads.execute(this::accept);
  }

  /**
   * Starts a proxy.
   *
   * @param serviceUrl the server behind it, {@code pulsar://HOST:PORT} or {@code http://HOST:PORT}
   */
  public static FaultProxy to(String serviceUrl) throws IOException {
    URI uri = URI.create(serviceUrl);
    return new FaultProxy(new InetSocketAddress(LOOPBACK, uri.getPort()));
  }

  /** The port it listens on. */
  public int port() {
    return server.getLocalPort();
  }

  /** Its address for a Pulsar client. */
  public String serviceUrl() {
    return "pulsar://127.0.0.1:" + port();
  }

  /** Closes every connection; new ones are accepted. */
  public void cut() {
    sockets.forEach(FaultProxy::close);
    sockets.clear();
  }

  /** Closes every connection, and closes each new one at once, until {@link #heal()}. */
  public void refuse() {
    refusing = true;
    cut();
  }

  /** Forwards nothing more while connections stay open (half-open), until {@link #heal()}. */
  public void freeze() {
    lock.lock();
    try {
      frozen = true;
    } finally {
      lock.unlock();
    }
  }

  /** Holds back every piece of data by this much, until {@link #heal()}. */
  public void delay(Duration delay) {
    delayMillis = delay.toMillis();
  }

  /** Behaves as a plain wire again; what was held back is forwarded. */
  public void heal() {
    refusing = false;
    delayMillis = 0;
    lock.lock();
    try {
      frozen = false;
      thawed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    cut();
    threads.shutdownNow();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        if (refusing) {
          client.close();
        } else {
          connect(client);
        }
      } catch (IOException e) {
        // Either the proxy was closed, which ends the loop, or one connection failed.
      }
    }
  }

  private void connect(Socket client) throws IOException {
    Socket upstream = new Socket();
    sockets.add(client);
    sockets.add(upstream);
    try {
      upstream.connect(target);
    } catch (IOException e) {
      close(client);
      throw e;
    }
    threads.execute(() -> forward(client, upstream));
    threads.execute(() -> forward(upstream, client));
  }

  private void forward(Socket from, Socket to) {
    byte[] buffer = new byte[64 * 1024];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        passFaults();
        out.write(buffer, 0, n);
      }
    } catch (IOException | InterruptedException e) {
      // A cut connection; the other direction ends with it.
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private void passFaults() throws InterruptedException {
    if (delayMillis > 0) {
      Thread.sleep(delayMillis);
    }
    lock.lock();
    try {
      while (frozen) {
        thawed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more.
    }
  }
}
