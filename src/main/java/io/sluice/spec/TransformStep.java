package io.sluice.spec;

/** One step between source and target. */
public sealed interface TransformStep {

  /** Where the step stands in the file, for messages about it. */
  SourceMark mark();

  /**
   * A query over the rows so far.
   *
   * @param text a SELECT that reads from {@code input}
   * @param mark where the text begins
   */
  record Sql(String text, SourceMark mark) implements TransformStep {}
}
