package io.sluice.spec;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * Every key of a job, once: the parser, {@code conf/job.schema.json} and {@code
 * docs/reference/job.md} follow from it.
 */
final class JobKeys {

  // transform

  private static final Key<String> SQL =
      Key.required(
          "sql", Scalars.text(), "A SELECT in Spark SQL; the rows so far are the table input.");

  private static final Block<TransformStep> STEP =
      new Block<>(
          "One step between source and target.",
          List.of(SQL),
          List.of(),
          keys ->
              new TransformStep.Sql(keys.get(SQL), Objects.requireNonNull(keys.given(SQL)).mark()));

  // trigger

  private static final Key<Duration> EVERY =
      Key.required(
          "every",
          Scalars.duration(),
          "From the start of one batch to the start of the next: 500ms, 10s, 2m, 1h; 0s for at"
              + " once. A batch without new messages is not written.");

  private static final Block<TriggerSpec> TRIGGER_BLOCK =
      new Block<>(
          "A batch at every interval, until the job is stopped.",
          List.of(EVERY),
          List.of(),
          keys -> new TriggerSpec.Every(keys.get(EVERY)));

  // the job

  private static final Key<String> VERSION =
      Key.required(
          "version",
          new ScalarType<>(
              "the version of the job format",
              false,
              "write version: 1",
              Map.of("const", 1),
              text -> {
                if (!text.equals("1")) {
                  throw new IllegalArgumentException(
                      "is not a version of the job format that this Sluice reads");
                }
                return text;
              }),
          "The version of the job format: 1.");
  private static final Key<String> NAME =
      Key.required(
          "name",
          Scalars.text(
              "a job name",
              "^[a-z0-9][a-z0-9_-]{0,62}$",
              "write lower-case letters, digits, _ and -, at most 63, a letter or digit first",
              Scalars.matching("[a-z0-9][a-z0-9_-]{0,62}", "is not a job name")),
          "The identity of the job: checkpoint, subscription and transaction ids derive from it, so"
              + " it is never given to another job. Lower-case letters, digits, _ and -.");
  private static final Key<String> DESCRIPTION =
      Key.optional("description", Scalars.text(), "What one row is, in a sentence.");
  private static final Key<PulsarSpec> PULSAR_KEY =
      Key.withDefault(
          "pulsar", PulsarKeys.PULSAR, "{}", "Where the Pulsar brokers are and how to be let in.");
  private static final Key<SourceSpec> SOURCE_KEY =
      Key.required("source", SourceKeys.SOURCE, "What the job reads.");
  private static final Key<List<TransformStep>> TRANSFORM =
      Key.optional(
          "transform",
          new ListOf<>(STEP, "steps"),
          "The steps between source and target, in order. Without it, rows pass unchanged.");
  private static final Key<TargetSpec> TARGET_KEY =
      Key.required("target", TargetKeys.TARGET, "The Delta table that the job writes.");
  private static final Key<TriggerSpec> TRIGGER =
      Key.withDefault(
          "trigger",
          new WordOr<>(
              Scalars.choice(
                  List.<Word<TriggerSpec>>of(
                      new Word<>("available_now", new TriggerSpec.AvailableNow()))),
              TRIGGER_BLOCK),
          "{every: 10s}",
          "When a batch is due: at every interval until the job is stopped, or available_now: take"
              + " all that is there and end.");
  private static final Key<String> CHECKPOINT =
      Key.optional(
          "checkpoint",
          Scalars.text(),
          "The directory of the checkpoint. Without it, a place that derives from the target.");

  /** The whole job, lacking only its hash. */
  static final Block<Function<String, JobSpec>> JOB =
      new Block<>(
          "One job: topics into a Delta table.",
          List.of(
              VERSION,
              NAME,
              DESCRIPTION,
              PULSAR_KEY,
              SOURCE_KEY,
              TRANSFORM,
              TARGET_KEY,
              TRIGGER,
              CHECKPOINT),
          List.of(
              new GroupsOfPattern(SOURCE_KEY, TARGET_KEY),
              new RulesOfChanges(SOURCE_KEY, TARGET_KEY)),
          keys -> hash -> job(keys, hash));

  private JobKeys() {}

  private static JobSpec job(Bound keys, String hash) {
    return new JobSpec(
        keys.get(NAME),
        keys.find(DESCRIPTION),
        keys.get(PULSAR_KEY),
        keys.get(SOURCE_KEY),
        Objects.requireNonNullElse(keys.find(TRANSFORM), List.of()),
        keys.get(SOURCE_KEY).format().isChanges()
            ? keys.get(TARGET_KEY).ofChanges()
            : keys.get(TARGET_KEY),
        keys.get(TRIGGER),
        keys.find(CHECKPOINT),
        hash);
  }
}
