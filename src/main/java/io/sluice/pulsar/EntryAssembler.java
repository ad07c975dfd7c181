package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.List;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.jspecify.annotations.Nullable;

/**
 * Puts the single messages that a client delivers back together to the entries they were stored in.
 *
 * <p>After a reconnect the client begins with a message that it has delivered before, which may lie
 * in the middle of an entry; such messages are dropped.
 *
 * @param <M> the messages
 */
final class EntryAssembler<M> {

  private final TopicPartition partition;
  private List<M> messages = new ArrayList<>();
  private @Nullable MessageIdAdv last;
  private @Nullable Pos lastComplete;

  EntryAssembler(TopicPartition partition) {
    this.partition = partition;
  }

  /** The newest entry that was completed, or null before the first. */
  @Nullable Pos lastComplete() {
    return lastComplete;
  }

  /**
   * Takes a message in.
   *
   * @return the messages of the entry that it completes, or null if it does not complete one
   * @throws SluiceException UNEXPECTED if messages of an entry were left out
   */
  @Nullable List<M> add(MessageIdAdv id, M message) {
    Pos at = position(id);
    Pos complete = lastComplete;
    if (complete != null && !complete.isBefore(at)) {
      return null;
    }
    MessageIdAdv before = last;
    if (before != null) {
      int order = at.compareTo(position(before));
      if (order < 0 || (order == 0 && id.getBatchIndex() <= before.getBatchIndex())) {
        return null;
      }
      if (order > 0) {
        throw incomplete(before, before.getBatchIndex() + 1);
      }
    }
    int expected = before == null ? 0 : before.getBatchIndex() + 1;
    if (id.getBatchIndex() > expected) {
      throw incomplete(id, expected);
    }
    messages.add(message);
    if (id.getBatchIndex() >= 0 && id.getBatchIndex() < id.getBatchSize() - 1) {
      last = id;
      return null;
    }
    List<M> whole = messages;
    messages = new ArrayList<>(whole.size());
    last = null;
    lastComplete = at;
    return whole;
  }

  private SluiceException incomplete(MessageIdAdv id, int missing) {
    return new SluiceException(
        Condition.UNEXPECTED,
        "The broker delivered entry "
            + position(id)
            + " of "
            + partition
            + " without message "
            + missing
            + " of "
            + id.getBatchSize()
            + "; the task reads it again");
  }

  private static Pos position(MessageIdAdv id) {
    return new Pos(id.getLedgerId(), id.getEntryId());
  }
}
