package io.sluice.bench;

/** Where in a table of keys from 0 on the keys of a batch lie; no batch has a key twice. */
enum KeyLocality {
  /** Keys that follow on each other, in each batch elsewhere. */
  NEAR {
    @Override
    String key(long table, long batch, int turn) {
      return "(id + %d) %% %d".formatted(turn * PRIME, table);
    }
  },
  /** Keys from all over the table. */
  RANDOM {
    @Override
    String key(long table, long batch, int turn) {
      return "(id + %d) * %d %% %d".formatted(turn * batch, PRIME, table);
    }
  },
  /** Keys above all others. */
  NEW {
    @Override
    String key(long table, long batch, int turn) {
      return "id + %d".formatted(table + turn * batch);
    }
  };

  /** It has no factor in common with any power of ten, so that its multiples meet every key. */
  private static final long PRIME = 7_368_787;

  /**
   * The key of the event with the number {@code id} as SQL.
   *
   * @param table the rows of the table
   * @param batch the events of a batch
   * @param turn which batch, from 0
   */
  abstract String key(long table, long batch, int turn);
}
