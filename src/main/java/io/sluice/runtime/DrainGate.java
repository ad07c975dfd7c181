package io.sluice.runtime;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Lets a job finish the batch it is in, and begin no other.
 *
 * <p>A batch passes the gate before it does anything. Once draining, the next batch waits at the
 * gate until its query is stopped; by then Spark has recorded the one before as done.
 */
final class DrainGate {

  private static final long LOOK_MILLIS = 50;

  private boolean draining;
  private boolean inside;
  private boolean waiting;

  /** Passes the gate, or waits until interrupted when the job is draining. */
  synchronized void enter() throws InterruptedException {
    while (draining) {
      waiting = true;
      notifyAll();
      wait();
    }
    inside = true;
  }

  /** Leaves a batch, finished or failed. */
  synchronized void leave() {
    inside = false;
    notifyAll();
  }

  /** Closes the gate. */
  synchronized void close() {
    draining = true;
  }

  /** Whether the gate is closed. */
  synchronized boolean isClosed() {
    return draining;
  }

  /**
   * Waits until the closed gate has no batch behind it.
   *
   * @param idle whether the query is outside a trigger, or over
   * @param deadline how long at most
   * @return whether the batch in flight was finished
   */
  synchronized boolean awaitDrained(BooleanSupplier idle, Duration deadline)
      throws InterruptedException {
    long end = System.nanoTime() + deadline.toNanos();
    while (!waiting && (inside || !idle.getAsBoolean())) {
      if (System.nanoTime() >= end) {
        return false;
      }
      wait(LOOK_MILLIS);
    }
    return true;
  }
}
