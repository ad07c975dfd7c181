package io.sluice.spec;

import java.util.List;

/** Which topics a source reads. */
public sealed interface TopicSelection {

  /** The topics for a message to a person: the names, or the pattern between slashes. */
  String describe();

  /**
   * Topics by name.
   *
   * @param topics full names, {@code persistent://tenant/namespace/topic}, in the file's order
   */
  record Named(List<String> topics) implements TopicSelection {

    /** Keeps its own copy of the names. */
    public Named {
      topics = List.copyOf(topics);
    }

    @Override
    public String describe() {
      return String.join(", ", topics);
    }
  }

  /**
   * Every topic of one namespace whose name matches, those that appear later included.
   *
   * @param pattern {@code persistent://tenant/namespace/} and a regular expression for the rest
   */
  record Matching(String pattern) implements TopicSelection {

    @Override
    public String describe() {
      return "/" + pattern + "/";
    }
  }
}
