package io.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

  private ServerSocket echo;
  private FaultProxy proxy;

  @BeforeEach
  void startEchoBehindProxy() throws IOException {
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread server = new Thread(this::echo, "echo");
    server.setDaemon(true);
    server.start();
    proxy = FaultProxy.to("pulsar://127.0.0.1:" + echo.getLocalPort());
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    echo.close();
  }

  @Test
  void forward_noFault_isPlainWire() throws IOException {
    try (Socket client = connect()) {
      assertThat(exchange(client, "hello")).isEqualTo("hello");
    }
  }

  @Test
  void cut_openConnection_isClosedAndNewOnesWork() throws IOException {
    try (Socket client = connect();
        Socket next = connect()) {
      exchange(client, "a");

      proxy.cut();

      assertThat(endOf(client)).isTrue();
      assertThat(endOf(next)).isTrue();
    }
    try (Socket client = connect()) {
      assertThat(exchange(client, "again")).isEqualTo("again");
    }
  }

  @Test
  void refuse_newConnection_isClosedUntilHealed() throws IOException {
    proxy.refuse();
    try (Socket client = connect()) {
      assertThat(endOf(client)).isTrue();
    }

    proxy.heal();

    try (Socket client = connect()) {
      assertThat(exchange(client, "back")).isEqualTo("back");
    }
  }

  @Test
  void freeze_openConnection_isSilentUntilHealed() throws IOException {
    try (Socket client = connect()) {
      exchange(client, "a");
      proxy.freeze();
      client.setSoTimeout(200);
      assertThatThrownBy(() -> exchange(client, "held")).isInstanceOf(SocketTimeoutException.class);

      proxy.heal();

      client.setSoTimeout(10_000);
      assertThat(new String(client.getInputStream().readNBytes(4), UTF_8)).isEqualTo("held");
    }
  }

  @Test
  void delay_exchange_takesAtLeastThatLong() throws IOException {
    try (Socket client = connect()) {
      proxy.delay(Duration.ofMillis(100));
      long start = System.nanoTime();

      assertThat(exchange(client, "late")).isEqualTo("late");

      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(200));
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private static String exchange(Socket client, String text) throws IOException {
    client.getOutputStream().write(text.getBytes(UTF_8));
    return new String(client.getInputStream().readNBytes(text.length()), UTF_8);
  }

  private static boolean endOf(Socket client) {
    try {
      return client.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private void echo() {
    while (!echo.isClosed()) {
      try {
        Socket socket = echo.accept();
        Thread copy = new Thread(() -> copy(socket), "echo-connection");
        copy.setDaemon(true);
        copy.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void copy(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The proxy cut it.
    }
  }
}
