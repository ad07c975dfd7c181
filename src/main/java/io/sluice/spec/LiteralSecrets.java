package io.sluice.spec;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The secrets that stand in a job as plain text, told by the names of their keys.
 *
 * <p>Each is warned about, masked in every excerpt, and kept out of the job's hash.
 */
final class LiteralSecrets {

  private static final String WORDS =
      "secret|passw|token|access[._-]?key|auth[._-]?params|credential|private[._-]?key"
          + "|api[._-]?key|jwt";
  private static final Pattern NAME = Pattern.compile(WORDS, Pattern.CASE_INSENSITIVE);
  private static final Pattern NOT_THE_SECRET_ITSELF =
      Pattern.compile(
          "(file|path|name|url|uri|location|class|algorithm)$", Pattern.CASE_INSENSITIVE);
  private static final Pattern LINE =
      Pattern.compile(
          "(" + WORDS + ")[\\w.-]*[\"']?\\s*[:=]\\s*[\"']?(?<value>.*)", Pattern.CASE_INSENSITIVE);
  private static final Pattern PARAMETERS =
      Pattern.compile("auth[._-]?params$", Pattern.CASE_INSENSITIVE);
  private static final Pattern PLACE = Pattern.compile("file:/\\S+");
  private static final List<String> COMMON_NAMES = List.of("token", "secret", "password");

  private final Problems problems;
  private final Set<Node> found = Collections.newSetFromMap(new IdentityHashMap<>());

  private LiteralSecrets(Problems problems) {
    this.problems = problems;
  }

  /** Finds the literal secrets below a node, masks them and warns about each. */
  static LiteralSecrets find(Node root, Problems problems) {
    LiteralSecrets secrets = new LiteralSecrets(problems);
    secrets.visit(root, "", false);
    return secrets;
  }

  /** Whether a node is a literal secret. */
  boolean contains(Node node) {
    return found.contains(node);
  }

  /** Whether a text that could not be parsed seems to hold a literal secret. */
  static boolean mayBeIn(SourceText text) {
    for (String line : text.lines()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.find()
          && !References.isAllOf(matcher.group("value").replaceAll("[\"',} ]+$", "}"))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isNameOfSecret(String key) {
    return !NOT_THE_SECRET_ITSELF.matcher(key).find()
        && (NAME.matcher(key).find() || NearName.of(key, COMMON_NAMES).isPresent());
  }

  private void visit(Node node, String path, boolean secret) {
    if (node instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        String key = entry.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
        String below = path.isEmpty() ? key : path + "." + key;
        visit(entry.getValueNode(), below, secret || isNameOfSecret(key));
      }
    } else if (node instanceof SequenceNode sequence) {
      int index = 0;
      for (Node element : sequence.getValue()) {
        visit(element, path + "[" + index++ + "]", secret);
      }
    } else if (secret && node instanceof ScalarNode scalar) {
      check(scalar, path);
    }
  }

  private void check(ScalarNode scalar, String path) {
    String value = scalar.getValue();
    boolean onlyItsPlace = PARAMETERS.matcher(path).find() && PLACE.matcher(value).matches();
    if (value.isEmpty() || References.isAllOf(value) || onlyItsPlace) {
      return;
    }
    found.add(scalar);
    problems.textOf(scalar).hide(scalar);
    problems.add(
        ProblemCode.LITERAL_SECRET,
        scalar,
        path,
        "this secret stands in the job as plain text",
        "refer to it: ${env:PULSAR_TOKEN} or ${file:/run/secrets/pulsar-token}");
  }
}
