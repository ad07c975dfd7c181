package io.sluice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Spark that has no client of S3, as Spark's own distribution: local lakes need none. */
class WithoutS3ClientTest {

  /** This class path without hadoop-aws and the AWS SDK. Hadoop's exit hook needs it to the end. */
  private static final ClassLoader BARE =
      new URLClassLoader(
          Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
              .filter(entry -> !entry.contains("hadoop-aws") && !entry.contains("awssdk"))
              .map(WithoutS3ClientTest::url)
              .toArray(URL[]::new),
          ClassLoader.getPlatformClassLoader());

  @Test
  void wholeFile_localLake_needsNoClientOfS3(@TempDir Path directory) throws Exception {
    create(directory.resolve("sluice.json").toString());
    assertThat(directory.resolve("sluice.json")).hasContent("text");
  }

  @Test
  void settings_anySpark_needNoClientOfS3() throws Exception {
    Class<?> conf = BARE.loadClass("org.apache.spark.SparkConf");
    Object settings =
        BARE.loadClass(S3Lake.class.getName())
            .getMethod("settings", conf)
            .invoke(null, conf.getConstructor(boolean.class).newInstance(false));
    assertThat(settings.toString()).contains(S3ConditionalLogStore.class.getName());
  }

  @Test
  void wholeFile_onS3_saysThatTheClientIsMissing() throws Exception {
    assertThatThrownBy(() -> create("s3a://lake/sluice.json"))
        .isInstanceOf(InvocationTargetException.class)
        .rootCause()
        .hasMessageContaining("S3AFileSystem");
  }

  private static void create(String file) throws Exception {
    Class<?> hadoop = BARE.loadClass("org.apache.hadoop.conf.Configuration");
    Class<?> path = BARE.loadClass("org.apache.hadoop.fs.Path");
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    Thread.currentThread().setContextClassLoader(BARE);
    try {
      BARE.loadClass(WholeFile.class.getName())
          .getMethod("create", path, String.class, hadoop)
          .invoke(
              null,
              path.getConstructor(String.class).newInstance(file),
              "text",
              hadoop.getConstructor().newInstance());
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }

  private static URL url(String entry) {
    try {
      return Path.of(entry).toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException(entry, e);
    }
  }
}
