package io.sluice.quickstart;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.Iterator;
import java.util.Objects;
import java.util.zip.GZIPInputStream;

/**
 * The real flights that ship with Sluice, in their order in time; the README beside them says
 * whence.
 */
public final class Flights implements AutoCloseable {

  private final BufferedReader lines;

  private Flights(BufferedReader lines) {
    this.lines = lines;
  }

  /** Opens the shipped flights at the first. */
  public static Flights open() throws IOException {
    InputStream file = Objects.requireNonNull(Flights.class.getResourceAsStream("flights.csv.gz"));
    var lines = new BufferedReader(new InputStreamReader(new GZIPInputStream(file), UTF_8));
    String header = lines.readLine();
    if (!"date,delay,distance,origin,destination".equals(header)) {
      throw new IOException("flights.csv.gz has the wrong columns: " + header);
    }
    return new Flights(lines);
  }

  /**
   * The flights that have not been taken yet; an I/O failure is an {@link UncheckedIOException}.
   */
  public Iterator<Flight> iterator() {
    return lines.lines().map(Flights::parse).iterator();
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private static Flight parse(String line) {
    String[] fields = line.split(",", -1);
    return new Flight(
        LocalDateTime.parse(fields[0]),
        Integer.parseInt(fields[1]),
        Integer.parseInt(fields[2]),
        fields[3],
        fields[4]);
  }
}
