package io.sluice.interop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** Hive's metastore in a process of its own, on loopback, with a database of Derby. */
final class HiveMetastoreServer implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final int port;
  private final ChildProcess process;

  private HiveMetastoreServer(int port, ChildProcess process) {
    this.port = port;
    this.process = process;
  }

  /**
   * Starts it and returns when it listens.
   *
   * @param classpath with Hive, Hadoop and what they need
   * @param directory for its files
   */
  static HiveMetastoreServer start(String classpath, Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(
        directory.resolve("hive-site.xml"),
        """
        <configuration>
          <property><name>javax.jdo.option.ConnectionURL</name><value>jdbc:derby:;databaseName=%1$s/database;create=true</value></property>
          <property><name>datanucleus.schema.autoCreateAll</name><value>true</value></property>
          <property><name>hive.metastore.schema.verification</name><value>false</value></property>
          <property><name>hive.metastore.warehouse.dir</name><value>%1$s/warehouse</value></property>
          <property><name>hive.metastore.thrift.bind.host</name><value>127.0.0.1</value></property>
          <property><name>hive.async.log.enabled</name><value>false</value></property>
        </configuration>
        """
            .formatted(directory));
    int port = ChildProcess.freePort();
    ChildProcess process =
        ChildProcess.start(
            directory,
            directory.resolve("metastore.log"),
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx400m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                directory + ":" + classpath,
                "org.apache.hadoop.hive.metastore.HiveMetaStore",
                "-p",
                Integer.toString(port)));
    HiveMetastoreServer server = new HiveMetastoreServer(port, process);
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .until(() -> !process.isAlive() || server.listens());
      if (!process.isAlive()) {
        throw new AssertionError("The metastore has ended:\n" + process.output());
      }
    } catch (IOException | RuntimeException | AssertionError e) {
      server.close();
      throw e;
    }
    return server;
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Its address, {@code thrift://127.0.0.1:PORT}. */
  String address() {
    return "thrift://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    process.close();
  }
}
