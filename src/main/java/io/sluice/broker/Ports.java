package io.sluice.broker;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The loopback ports of one server: free when chosen, and its own as long as it lives. */
record Ports(int binary, int web, int binaryTls, int webTls, int bookie) {

  static final String LOOPBACK = "127.0.0.1";

  /** Five ports that nobody listens on at this moment. */
  static Ports free() throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        held.add(new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1})));
      }
      return new Ports(
          held.get(0).getLocalPort(),
          held.get(1).getLocalPort(),
          held.get(2).getLocalPort(),
          held.get(3).getLocalPort(),
          held.get(4).getLocalPort());
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
  }

  Map<String, String> configuration(boolean tls) {
    Map<String, String> lines = new LinkedHashMap<>();
    lines.put("brokerServicePort", Integer.toString(binary));
    lines.put("webServicePort", Integer.toString(web));
    if (tls) {
      lines.put("brokerServicePortTls", Integer.toString(binaryTls));
      lines.put("webServicePortTls", Integer.toString(webTls));
    }
    return lines;
  }
}
