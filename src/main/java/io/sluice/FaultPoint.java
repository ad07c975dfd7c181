package io.sluice;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A named place where a crash test may end the process.
 *
 * <p>Armed by {@code -Dsluice.fault=NAME@COUNT}: the COUNT-th time (from 1) that NAME is hit, the
 * JVM halts at once with code {@value #EXIT_CODE}, as {@code kill -9} would: no shutdown hooks, no
 * flush. Unarmed, a hit is one comparison of a constant with null.
 */
public final class FaultPoint {

  /** The exit code of a halted process; 128 + SIGKILL. */
  public static final int EXIT_CODE = 137;

  private static final String ARMED;
  private static final AtomicInteger REMAINING;

  static {
    String setting = System.getProperty("sluice.fault", "");
    int at = setting.lastIndexOf('@');
    ARMED = at < 0 ? setting : setting.substring(0, at);
    REMAINING = new AtomicInteger(at < 0 ? 1 : Integer.parseInt(setting.substring(at + 1)));
  }

  private FaultPoint() {}

  /**
   * Passes the named place; ends the process when it is armed and its count has come.
   *
   * @param name the place, as {@code package.step}
   */
  public static void hit(String name) {
    if (!ARMED.isEmpty() && ARMED.equals(name) && REMAINING.decrementAndGet() == 0) {
      System.err.println("sluice: halted at fault point " + name);
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }
}
