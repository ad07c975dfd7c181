package io.sluice.spec;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * A short hash of what a job says.
 *
 * <p>Comments, quotes, styles and the order of keys do not count. References count by their text
 * and literal secrets not at all, so that nothing about a secret can be learned from the hash.
 */
final class JobHash {

  private static final int DIGITS = 16;

  private final LiteralSecrets secrets;

  private JobHash(LiteralSecrets secrets) {
    this.secrets = secrets;
  }

  /** The first 16 hexadecimal digits of the SHA-256 of the job's canonical form. */
  static String of(Node root, LiteralSecrets secrets) {
    StringBuilder canonical = new StringBuilder();
    new JobHash(secrets).append(root, canonical);
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(canonical.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  private String canonical(Node node) {
    StringBuilder text = new StringBuilder();
    append(node, text);
    return text.toString();
  }

  /** Every text carries its length, so that no two jobs have the same canonical form. */
  private void append(Node node, StringBuilder text) {
    if (node instanceof MappingNode mapping) {
      List<String> entries =
          mapping.getValue().stream()
              .map(entry -> canonical(entry.getKeyNode()) + canonical(entry.getValueNode()))
              .sorted()
              .toList();
      text.append('{').append(String.join("", entries)).append('}');
    } else if (node instanceof SequenceNode sequence) {
      text.append(
          sequence.getValue().stream()
              .map(this::canonical)
              .collect(Collectors.joining("", "[", "]")));
    } else if (node instanceof ScalarNode scalar) {
      String value = secrets.contains(node) ? "***" : scalar.getValue();
      text.append(value.length()).append(':').append(value);
    }
  }
}
