package io.sluice.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The examples of {@code docs/authentication.md}, so that tests run what readers copy. */
public final class AuthenticationPage {

  private static final Path PAGE = Path.of("docs", "authentication.md");

  private AuthenticationPage() {}

  /** The options of the section with that heading. */
  public static Map<String, String> options(String heading) throws IOException {
    Properties properties = new Properties();
    properties.load(new StringReader(block(heading, "properties")));
    Map<String, String> options = new TreeMap<>();
    properties.forEach((key, value) -> options.put((String) key, (String) value));
    return options;
  }

  /** The part of a job file of the section with that heading. */
  public static String yaml(String heading) throws IOException {
    return block(heading, "yaml");
  }

  private static String block(String heading, String language) throws IOException {
    Matcher matcher =
        Pattern.compile(
                "\n## "
                    + Pattern.quote(heading)
                    + "\n(?:(?!\n## ).)*?\n```"
                    + language
                    + "\n(.*?)```\n",
                Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(matcher.find()).as("%s of %s in %s", language, heading, PAGE).isTrue();
    return matcher.group(1);
  }
}
