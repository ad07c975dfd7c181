package io.sluice.pulsar;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What options of the pulsar-spark connector are called here. Most have the same name; those that
 * have no counterpart are refused with what to do instead.
 */
final class PulsarSparkNames {

  private static final String READER_PREFIX = "pulsar.reader.";
  private static final String PRODUCER_PREFIX = "pulsar.producer.";

  /** Settings of a reader that have an option of their own, by lower-case name. */
  private static final Map<String, PulsarOption> READER =
      Map.of(
          "receiverqueuesize", PulsarOption.RECEIVER_QUEUE_SIZE,
          "readcompacted", PulsarOption.READ_COMPACTED);

  /** What to do about settings of a reader that have none, by lower-case name. */
  private static final Map<String, String> READER_ADVICE =
      Map.of(
          "readername", "readers are named by the source",
          "subscriptionname", "readers are named by the source; set subscription for the cursor",
          "subscriptionroleprefix", "set subscription to a name with the role's prefix",
          "cryptokeyreader", "set cryptoPrivateKey to a file of the private key",
          "cryptofailureaction", "an entry that cannot be decrypted always fails the query",
          "startmessageid", "set startingOffsets",
          "startmessagefromrollbackdurationinsec", "set startingTime",
          "resetincludehead", "set startingInclusive");

  private PulsarSparkNames() {}

  /**
   * The options under the names they have here, those that mean nothing any more left out.
   *
   * @throws io.sluice.SluiceException INVALID_JOB for an option without a counterpart
   */
  static Map<String, String> translated(Map<String, String> given) {
    Map<String, String> translated = new HashMap<>();
    given.forEach((name, value) -> translate(name, value, translated));
    return translated;
  }

  private static void translate(String name, String value, Map<String, String> translated) {
    String lower = name.toLowerCase(Locale.ROOT);
    if (lower.startsWith(READER_PREFIX)) {
      String setting = lower.substring(READER_PREFIX.length());
      PulsarOption option = READER.get(setting);
      if (option == null) {
        throw unsupported(
            name, READER_ADVICE.getOrDefault(setting, "the source sets up its readers itself"));
      }
      translated.putIfAbsent(option.key(), value);
    } else if (lower.startsWith(PRODUCER_PREFIX)) {
      throw unsupported(name, "format(\"pulsar\") reads only");
    } else if (lower.equals("allowdifferenttopicschemas")) {
      if (isTrue(name, value)) {
        // There, too, topics without a common schema are read as bytes.
        translated.put(PulsarOption.PAYLOAD.key(), "bytes");
      }
    } else if (lower.equals("waitingfornonexistedtopic")) {
      if (isTrue(name, value)) {
        throw unsupported(name, "create the topic before the query, or use topicsPattern");
      }
    } else if (lower.equals("topic.schema.class")) {
      throw unsupported(name, "the topic's schema decides, or payload=bytes");
    } else {
      translated.put(name, value);
    }
  }

  private static boolean isTrue(String name, String value) {
    return switch (value.trim().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw PulsarOptions.invalid("Invalid %s '%s': need true or false", name, value);
    };
  }

  private static RuntimeException unsupported(String name, String advice) {
    return PulsarOptions.invalid(
        "Cannot use option '%s', known from pulsar-spark: %s", name, advice);
  }
}
