package io.sluice.schema;

import java.util.Arrays;
import java.util.Random;

/** What may happen to a payload: cut off, bits turned, bytes replaced, huge numbers, only noise. */
final class RandomDamage {

  private static final byte[] HUGE = {
    (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x7f, (byte) 0xff, (byte) 0xff, 0x0f
  };

  private RandomDamage() {}

  /**
   * How many random payloads a test takes, unless {@code -Dsluice.fuzz.count} says otherwise.
   *
   * @param usual enough for every build
   */
  static int count(int usual) {
    return Integer.getInteger("sluice.fuzz.count", usual);
  }

  /** A damaged copy. */
  static byte[] of(byte[] bytes, Random random) {
    if (bytes.length == 0) {
      return noise(random);
    }
    return switch (random.nextInt(8)) {
      case 0, 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> noise(random);
      case 3 -> huge(bytes.clone(), random);
      default -> hit(bytes.clone(), random);
    };
  }

  private static byte[] noise(Random random) {
    byte[] noise = new byte[random.nextInt(64)];
    random.nextBytes(noise);
    return noise;
  }

  private static byte[] huge(byte[] copy, Random random) {
    int at = random.nextInt(copy.length);
    System.arraycopy(HUGE, 0, copy, at, Math.min(HUGE.length, copy.length - at));
    return copy;
  }

  private static byte[] hit(byte[] copy, Random random) {
    for (int left = 1 + random.nextInt(3); left > 0; left--) {
      int at = random.nextInt(copy.length);
      copy[at] =
          (byte) (random.nextBoolean() ? random.nextInt() : copy[at] ^ 1 << random.nextInt(8));
    }
    return copy;
  }
}
