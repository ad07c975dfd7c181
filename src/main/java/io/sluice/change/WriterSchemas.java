package io.sluice.change;

import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/** The registered schemas of the topics that are read. Asked on executors, once per version. */
@FunctionalInterface
public interface WriterSchemas extends Serializable {

  /**
   * The schema that a message was written with.
   *
   * @param topic the topic, without the partition's suffix
   * @param version the version that the message names, null if none
   * @throws io.sluice.SluiceException if it cannot be had; the batch ends with it
   */
  WriterSchema of(String topic, @Nullable Long version);

  /** Topics of bytes or strings, whose registry tells nothing. */
  static WriterSchemas none() {
    return (topic, version) -> WriterSchema.none();
  }
}
