package io.sluice.spec;

/**
 * A place in a file.
 *
 * @param file the file's name as the user gave it
 * @param line the line, from 1
 * @param column the column, from 1
 */
public record SourceMark(String file, int line, int column) {

  /** {@code file:line:column}, the form that editors turn into a link. */
  @Override
  public String toString() {
    return file + ":" + line + ":" + column;
  }
}
