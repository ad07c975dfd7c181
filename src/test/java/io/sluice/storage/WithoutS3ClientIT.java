package io.sluice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A Spark that has no client of S3, as Spark's own distribution: local lakes need none. In a
 * process of its own, whose JVM looks for the classes that a class names as any user's does.
 */
class WithoutS3ClientIT {

  /** What every job does, with the file to write as its argument. */
  static final class Job {
    private Job() {}

    public static void main(String[] args) throws Exception {
      System.out.println(S3Lake.settings(new SparkConf(false)));
      WholeFile.create(new org.apache.hadoop.fs.Path(args[0]), "text", new Configuration());
    }
  }

  @Test
  void wholeFile_localLake_needsNoClientOfS3(@TempDir Path directory) throws Exception {
    assertThat(job(directory.resolve("sluice.json").toString()))
        .contains(S3ConditionalLogStore.class.getName());
    assertThat(directory.resolve("sluice.json")).hasContent("text");
  }

  private static String job(String file) throws Exception {
    String bare =
        Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
            .filter(entry -> !entry.contains("hadoop-aws") && !entry.contains("awssdk"))
            .collect(Collectors.joining(File.pathSeparator));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                bare,
                Job.class.getName(),
                file)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
