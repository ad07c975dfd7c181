package io.sluice.interop;

import io.sluice.testing.S3Server;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Where the tables of a chain lie.
 *
 * @param uri as a job names it
 * @param options further keys of a job's target
 * @param files the same as files of this machine
 * @param settings flags of a driver that writes there
 * @param secret DuckDB's statement for its way there, empty if it needs none
 */
record ChainLake(String uri, String options, Path files, List<String> settings, String secret) {

  /** A directory, for engines that read columns whose type has grown. */
  static ChainLake local(Path directory) {
    return new ChainLake(directory.toString(), "schema_evolution: widen", directory, List.of(), "");
  }

  /** A bucket, for Trino, too, which shows no column whose type has grown. */
  static ChainLake s3(S3Server s3, String bucket) {
    List<String> settings =
        s3.hadoopSettings(bucket).entrySet().stream()
            .map(each -> "-Dspark.hadoop." + each.getKey() + "=" + each.getValue())
            .toList();
    String secret =
        "CREATE SECRET (TYPE s3, KEY_ID '%s', SECRET '%s', REGION '%s', ENDPOINT '%s', URL_STYLE 'path', USE_SSL false)"
            .formatted(
                s3.accessKey(), s3.secretKey(), s3.region(), s3.endpoint().replace("http://", ""));
    return new ChainLake(
        "s3a://" + bucket + "/lake",
        "readers: [spark, trino, duckdb]",
        s3.files(bucket).resolve("lake"),
        settings,
        secret);
  }

  /** What {@code compare.py} has to know to read a table by DuckDB. */
  Map<String, Object> forDuckDb(String table) {
    String place = uri.startsWith("s3a:") ? uri.replace("s3a:", "s3:") : "file://" + uri;
    return Map.of("delta", place + "/" + table, "secret", secret);
  }
}
