package io.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * An OAuth 2.0 issuer on loopback that knows one client: it publishes its metadata (RFC 8414) and
 * gives tokens for client credentials (RFC 6749, section 4.4).
 */
public final class OAuth2Issuer implements AutoCloseable {

  private static final String TOKEN_PATH = "/oauth/token";

  private final HttpServer server;
  private final BrokerCredentials broker;
  private final String clientId;
  private final String clientSecret;
  private final Duration lifetime;
  private final AtomicInteger issued = new AtomicInteger();

  private OAuth2Issuer(
      BrokerCredentials broker, String clientId, String clientSecret, Duration lifetime)
      throws IOException {
    this.broker = broker;
    this.clientId = clientId;
    this.clientSecret = clientSecret;
    this.lifetime = lifetime;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/.well-known/openid-configuration", this::metadata);
    server.createContext(TOKEN_PATH, this::token);
    server.start();
  }

  /**
   * Starts an issuer on a free port.
   *
   * @param broker the broker that takes its tokens
   * @param clientId the client, and its role
   * @param lifetime how long a token is good
   */
  public static OAuth2Issuer start(
      BrokerCredentials broker, String clientId, String clientSecret, Duration lifetime)
      throws IOException {
    return new OAuth2Issuer(broker, clientId, clientSecret, lifetime);
  }

  /** Its address. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** How many tokens it has given. */
  public int issued() {
    return issued.get();
  }

  private void metadata(HttpExchange exchange) throws IOException {
    answer(
        exchange,
        200,
        "{\"issuer\":\"" + url() + "\",\"token_endpoint\":\"" + url() + TOKEN_PATH + "\"}");
  }

  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> form =
        Arrays.stream(new String(exchange.getRequestBody().readAllBytes(), UTF_8).split("&"))
            .map(pair -> pair.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0], pair -> URLDecoder.decode(pair[1], UTF_8)));
    if (!clientId.equals(form.get("client_id"))
        || !clientSecret.equals(form.get("client_secret"))) {
      answer(
          exchange,
          401,
          "{\"error\":\"invalid_client\",\"error_description\":\"unknown client or secret\"}");
      return;
    }
    issued.incrementAndGet();
    answer(
        exchange,
        200,
        "{\"access_token\":\"%s\",\"token_type\":\"Bearer\",\"expires_in\":%d}"
            .formatted(broker.token(clientId, Instant.now().plus(lifetime)), lifetime.toSeconds()));
  }

  private static void answer(HttpExchange exchange, int status, String json) throws IOException {
    byte[] body = json.getBytes(UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
