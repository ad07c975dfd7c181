package io.sluice.interop;

import io.sluice.testing.PulsarBroker;
import io.sluice.testing.S3Server;
import io.sluice.testing.TempLake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The commands of pages that need servers of others are run as they stand. */
class PagesInteropIT {

  @RegisterExtension static final PulsarBroker BROKER = PulsarBroker.shared();
  @RegisterExtension static final S3Server S3 = S3Server.shared();

  @RegisterExtension final TempLake lake = new TempLake();

  @Test
  void lakeOnS3_everyCommandOfThePage_printsWhatThePageShows() throws Exception {
    Programs programs = Programs.prepared("trino", "trino-cli", "python");
    String bucket = S3.newBucket();
    Path checkout = Path.of("").toAbsolutePath();
    Files.createSymbolicLink(lake.path().resolve("sluice"), checkout.resolve("sluice"));
    Path bin = Files.createDirectory(lake.path().resolve("bin"));
    program(bin, "pulsar-client", "%s".formatted(pulsar(checkout).resolve("bin/pulsar-client")));
    program(bin, "trino", "java -jar " + programs.trinoCli());
    try (TrinoServer trino =
        TrinoServer.start(programs, lake.path().resolve("trino-server"), lake.path(), S3, bucket)) {
      Map<String, String> environment = new HashMap<>();
      environment.put("PATH", bin + ":" + System.getenv("PATH"));
      environment.put("PULSAR", BROKER.serviceUrl());
      environment.put("PULSAR_ADMIN", BROKER.adminUrl());
      environment.put("TOPIC", BROKER.createTopic("page", 0));
      environment.put("S3", S3.endpoint());
      environment.put("BUCKET", bucket);
      environment.put("AWS_ACCESS_KEY_ID", S3.accessKey());
      environment.put("AWS_SECRET_ACCESS_KEY", S3.secretKey());
      environment.put("TRINO", trino.address().toString());
      PageCommands.of(Path.of("docs", "s3-and-trino.md")).run(lake.path(), environment);
    }
  }

  private static Path pulsar(Path checkout) throws IOException {
    try (Stream<Path> unpacked = Files.list(checkout.resolve("target/pulsar"))) {
      return unpacked.findFirst().orElseThrow();
    }
  }

  private static void program(Path bin, String name, String command) throws IOException {
    Path file = Files.write(bin.resolve(name), List.of("#!/bin/sh", "exec " + command + " \"$@\""));
    if (!file.toFile().setExecutable(true)) {
      throw new IOException(file + " cannot be made executable");
    }
  }
}
