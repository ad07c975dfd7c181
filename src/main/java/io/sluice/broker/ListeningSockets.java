package io.sluice.broker;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Which process listens on a port, read from Linux's {@code /proc}.
 *
 * <p>A health check alone would accept somebody else's server on the same port.
 */
final class ListeningSockets {

  private static final String LISTEN = "0A";

  private ListeningSockets() {}

  /**
   * Whether the process holds a listening socket on the port; true where the system does not tell.
   *
   * @param pid a process of this user
   * @param port a TCP port
   */
  static boolean ownedBy(long pid, int port) {
    Path tcp = Path.of("/proc/net/tcp");
    if (!Files.isReadable(tcp)) {
      return true;
    }
    try {
      Set<String> inodes = listening(tcp, port);
      inodes.addAll(listening(Path.of("/proc/net/tcp6"), port));
      return !inodes.isEmpty() && holdsOneOf(pid, inodes);
    } catch (IOException | DirectoryIteratorException e) {
      return false;
    }
  }

  private static Set<String> listening(Path table, int port) throws IOException {
    Set<String> inodes = new HashSet<>();
    if (!Files.isReadable(table)) {
      return inodes;
    }
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    List<String> lines = Files.readAllLines(table);
    for (String line : lines.subList(1, lines.size())) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields[1].endsWith(suffix) && fields[3].equals(LISTEN)) {
        inodes.add("socket:[" + fields[9] + "]");
      }
    }
    return inodes;
  }

  private static boolean holdsOneOf(long pid, Set<String> inodes) throws IOException {
    try (var descriptors = Files.newDirectoryStream(Path.of("/proc/" + pid + "/fd"))) {
      for (Path descriptor : descriptors) {
        if (inodes.contains(target(descriptor))) {
          return true;
        }
      }
    }
    return false;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // The descriptor was closed while the directory was being listed.
      return "";
    }
  }
}
