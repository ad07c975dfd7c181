package io.sluice.delta;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/** Settings that a session has for a while, and before and after it others. */
final class SessionSettings {

  private SessionSettings() {}

  /** Does something while the session has the settings. */
  static <T> T during(SparkSession spark, Map<String, String> settings, Callable<T> action)
      throws Exception {
    Map<String, Option<String>> before = new HashMap<>();
    settings.keySet().forEach(key -> before.put(key, spark.conf().getOption(key)));
    try {
      settings.forEach(spark.conf()::set);
      return action.call();
    } finally {
      before.forEach(
          (key, value) -> {
            if (value.isDefined()) {
              spark.conf().set(key, value.get());
            } else {
              spark.conf().unset(key);
            }
          });
    }
  }
}
