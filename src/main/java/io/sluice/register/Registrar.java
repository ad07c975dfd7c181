package io.sluice.register;

import io.sluice.SluiceException;

/** Makes tables known to an engine that runs. */
public interface Registrar extends AutoCloseable {

  /** What became of a table. */
  enum Outcome {
    /** It is known now. */
    REGISTERED,
    /** It was known before, at its place. */
    KNOWN,
    /** Its name stood for a table at another place, and stands for it now. */
    REPLACED
  }

  /**
   * Makes a table known, unless it is.
   *
   * @param replace whether a name may be taken from a table at another place
   * @throws SluiceException NOT_REGISTERED if the engine refuses it, or knows another by its name
   */
  Outcome register(Registration table, boolean replace);

  @Override
  void close();
}
