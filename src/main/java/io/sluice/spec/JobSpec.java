package io.sluice.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One job as its file says it, checked and with every default filled in.
 *
 * @param name the identity of the job, {@code [a-z0-9][a-z0-9_-]{0,62}}; checkpoint, subscription
 *     and transaction ids derive from it
 * @param description what the job is for, in the author's words
 * @param pulsar where the brokers are and how to be let in
 * @param source what is read
 * @param transform the steps between source and target, in order; empty when rows pass unchanged
 * @param target what is written
 * @param trigger when a batch is due
 * @param checkpoint the checkpoint's directory; null for the place that derives from the target
 * @param hash 16 hexadecimal digits that change when the meaning of the file's text changes;
 *     references count by their text, so no secret enters
 */
public record JobSpec(
    String name,
    @Nullable String description,
    PulsarSpec pulsar,
    SourceSpec source,
    List<TransformStep> transform,
    TargetSpec target,
    TriggerSpec trigger,
    @Nullable String checkpoint,
    String hash) {

  /** Keeps its own copy of the steps. */
  public JobSpec {
    transform = List.copyOf(transform);
  }
}
