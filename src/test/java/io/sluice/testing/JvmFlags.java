package io.sluice.testing;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** The flags of this JVM, for processes that a test starts. */
final class JvmFlags {

  private JvmFlags() {}

  /**
   * Those that are not for this JVM alone. What is started lives for half a minute: the second
   * compiler would never pay.
   */
  static List<String> forShortLives() {
    List<String> flags = new ArrayList<>();
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-javaagent") && !flag.startsWith("-Dsurefire"))
        .forEach(flags::add);
    flags.add("-XX:TieredStopAtLevel=1");
    return flags;
  }
}
