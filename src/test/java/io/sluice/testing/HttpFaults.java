package io.sluice.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * An HTTP proxy on loopback that fails single requests on command: their answer gets lost, or is
 * another than the server's. A connection carries one request.
 */
public final class HttpFaults implements AutoCloseable {

  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final Pattern EXPECT = Pattern.compile("(?im)^Expect: *100-continue\r\n");
  private static final Pattern LENGTH = Pattern.compile("(?im)^Content-Length: *(\\d+)");
  private static final int ANSWER_LOST = 0;

  private final int target;
  private final ServerSocket server;
  private final List<Armed> armed = new CopyOnWriteArrayList<>();
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "http-faults");
            thread.setDaemon(true);
            return thread;
          });

  private record Armed(Pattern request, int status) {}

  private HttpFaults(int target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 50, LOOPBACK);
    threads.execute(this::accept);
  }

  /** Starts a proxy before a server, {@code http://127.0.0.1:PORT}. */
  public static HttpFaults to(String endpoint) throws IOException {
    return new HttpFaults(URI.create(endpoint).getPort());
  }

  /** Its own address. */
  public String endpoint() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  /**
   * Lets the server carry out the next such request; its client hears nothing but that the
   * connection has broken.
   *
   * @param request found in the request's first line, such as {@code PUT .*\.json}
   */
  public void loseAnswer(String request) {
    armed.add(new Armed(Pattern.compile(request), ANSWER_LOST));
  }

  /** Answers the next such request itself; the server does not hear of it. */
  public void answer(String request, int status) {
    armed.add(new Armed(Pattern.compile(request), status));
  }

  /** How many such requests have come. */
  public long count(String request) {
    return seen.stream().filter(Pattern.compile(request).asPredicate()).count();
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        threads.execute(() -> serve(client));
      } catch (IOException e) {
        // The proxy was closed, which ends the loop.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      String head = head(in);
      if (head.isEmpty()) {
        return;
      }
      if (EXPECT.matcher(head).find()) {
        client.getOutputStream().write(ascii("HTTP/1.1 100 Continue\r\n\r\n"));
      }
      byte[] body = in.readNBytes(length(head));
      String request = head.lines().findFirst().orElseThrow();
      seen.add(request);
      int status = armed(request);
      client
          .getOutputStream()
          .write(
              status > ANSWER_LOST
                  ? ascii(
                      "HTTP/1.1 %d Fault\r\nETag: \"0\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                          .formatted(status))
                  : forward(head, body, status == ANSWER_LOST));
    } catch (IOException e) {
      // A broken connection is what its client is to see.
    }
  }

  /** What an armed fault says of a request, which disarms it; negative for none. */
  private synchronized int armed(String request) {
    for (Armed fault : armed) {
      if (fault.request().matcher(request).find()) {
        armed.remove(fault);
        return fault.status();
      }
    }
    return -1;
  }

  private byte[] forward(String head, byte[] body, boolean lost) throws IOException {
    try (Socket upstream = new Socket(LOOPBACK, target)) {
      String once =
          EXPECT
              .matcher(head)
              .replaceFirst("")
              .replaceFirst("(?im)^Connection:.*\r\n", "")
              .replaceFirst("\r\n", "\r\nConnection: close\r\n");
      upstream.getOutputStream().write(once.getBytes(StandardCharsets.ISO_8859_1));
      upstream.getOutputStream().write(body);
      byte[] answer = upstream.getInputStream().readAllBytes();
      return lost ? new byte[0] : answer;
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int length(String head) {
    Iterator<String> lengths =
        LENGTH.matcher(head).results().map(match -> match.group(1)).iterator();
    return lengths.hasNext() ? Integer.parseInt(lengths.next()) : 0;
  }

  private static String head(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0; b = in.read()) {
      head.write(b);
      if (b == '\n' && head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }
}
