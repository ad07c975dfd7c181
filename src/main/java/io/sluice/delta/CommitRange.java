package io.sluice.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one Delta commit of a job holds: the messages from one set of positions up to another.
 *
 * <p>It travels as JSON in {@code commitInfo.userMetadata} of the very commit that adds the rows,
 * so that rows and range are there together or not at all.
 *
 * @param job the job's name
 * @param epoch the checkpoint's epoch, a UUID
 * @param batch the batch id within the epoch, from 0; {@link #END} where the epoch ends
 * @param spec the hash of the job's text that made the rows
 * @param from the first message of each partition that is in
 * @param to the first message of each partition that is not
 * @param departed the deleted rows that may come again under other keys, the newest first
 * @param successor in the commit that ends the epoch, the one that goes on; null in that of a batch
 */
public record CommitRange(
    String job,
    String epoch,
    long batch,
    String spec,
    TopicPositions from,
    TopicPositions to,
    List<Departed> departed,
    @Nullable String successor) {

  /** The batch id of the commit that ends an epoch: no id of a batch is left after it. */
  static final long END = Long.MAX_VALUE;

  private static final int VERSION = 1;
  private static final String DEPARTED = "departed";
  private static final String SUCCESSOR = "successor";
  private static final JsonMapper JSON = new JsonMapper();

  /** A range after which no row is known that may come again under another key. */
  public CommitRange(
      String job, String epoch, long batch, String spec, TopicPositions from, TopicPositions to) {
    this(job, epoch, batch, spec, from, to, List.of(), null);
  }

  /**
   * What ends this range's epoch, right behind it: no messages, and the rows that are known.
   *
   * @param successor the epoch that goes on; null where another commit says so
   */
  CommitRange end(@Nullable String successor) {
    return new CommitRange(job, epoch, END, spec, to, to, departed, successor);
  }

  /**
   * Reads the range that a commit carries.
   *
   * @param userMetadata the commit's {@code userMetadata}
   * @return empty when the text is not Sluice's
   * @throws SluiceException CHECKPOINT_MISMATCH if it is of a version that this Sluice cannot read
   */
  public static Optional<CommitRange> parse(String userMetadata) {
    JsonNode node;
    try {
      node = JSON.readTree(userMetadata);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    if (!node.has("sluice")) {
      return Optional.empty();
    }
    if (node.path("sluice").asInt() != VERSION) {
      throw new SluiceException(
          Condition.CHECKPOINT_MISMATCH,
          "The table has a commit whose range is of version %s; this Sluice reads version %d. Run the job with the Sluice that wrote it, or a newer one."
              .formatted(node.path("sluice").asText(), VERSION));
    }
    List<Departed> departed = new ArrayList<>();
    node.path(DEPARTED).forEach(one -> departed.add(Departed.of(one)));
    return Optional.of(
        new CommitRange(
            node.path("job").asText(),
            node.path("epoch").asText(),
            node.path("batch").asLong(),
            node.path("spec").asText(),
            TopicPositions.of(node.path("from")),
            TopicPositions.of(node.path("to")),
            List.copyOf(departed),
            node.hasNonNull(SUCCESSOR) ? node.get(SUCCESSOR).asText() : null));
  }

  /** The JSON that a commit carries. */
  public String toJson() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("sluice", VERSION);
    node.put("job", job);
    node.put("epoch", epoch);
    node.put("batch", batch);
    node.put("spec", spec);
    node.set("from", from.node());
    node.set("to", to.node());
    if (!departed.isEmpty()) {
      ArrayNode all = node.putArray(DEPARTED);
      departed.forEach(one -> all.add(one.node()));
    }
    if (successor != null) {
      node.put(SUCCESSOR, successor);
    }
    return node.toString();
  }

  /** The same messages, after which these are known. */
  CommitRange with(List<Departed> known) {
    return new CommitRange(job, epoch, batch, spec, from, to, known, successor);
  }

  /** Where the epoch begins that goes on after this end of another: no batch yet. */
  CommitRange begin() {
    return new CommitRange(
        job,
        Objects.requireNonNull(successor),
        CommitLedger.Newest.NONE,
        spec,
        to,
        to,
        departed,
        null);
  }

  /** Whether it may hold messages: a batch may have none, the end of an epoch never has. */
  public boolean hasMessages() {
    return !from.equals(to);
  }

  /** Whether both are the same batch of the same epoch of the same job, whatever its range. */
  boolean sameBatch(CommitRange other) {
    return job.equals(other.job) && epoch.equals(other.epoch) && batch == other.batch;
  }

  /** Whether both hold the same messages. */
  boolean sameMessages(CommitRange other) {
    return from.equals(other.from) && to.equals(other.to);
  }

  /** Whether an epoch goes on after this end of another. */
  boolean isFollowedBy(String other) {
    return other.equals(successor);
  }
}
