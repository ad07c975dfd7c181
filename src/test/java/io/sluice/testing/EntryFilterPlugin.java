package io.sluice.testing;

import io.sluice.broker.StandaloneSettings;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.apache.pulsar.client.admin.PulsarAdmin;
import org.apache.pulsar.client.admin.PulsarAdminException;
import org.apache.pulsar.common.policies.data.EntryFilters;

/**
 * A broker plugin that rejects messages, for topics whose namespace asks for it: the broker stores
 * them, counts them as the end of the log, and delivers them to nobody.
 *
 * <p>It is compiled against the classes of the broker itself, which the tests' class path lacks.
 */
public final class EntryFilterPlugin {

  /** Unbatched messages with this property are rejected. */
  public static final String REJECTED = "rejected";

  private static final String NAME = "sluice-rejecting";
  private static final String CLASS = "RejectingFilter";
  private static final String SOURCE =
      """
      import org.apache.bookkeeper.mledger.Entry;
      import org.apache.pulsar.broker.service.plugin.EntryFilter;
      import org.apache.pulsar.broker.service.plugin.FilterContext;

      public class RejectingFilter implements EntryFilter {
        @Override
        public FilterResult filterEntry(Entry entry, FilterContext context) {
          return context.getMsgMetadata() != null
                  && context.getMsgMetadata().getPropertiesList().stream()
                      .anyMatch(each -> each.getKey().equals("rejected"))
              ? FilterResult.REJECT
              : FilterResult.ACCEPT;
        }

        @Override
        public void close() {}
      }
      """;
  private static final String DESCRIPTION =
      """
      name: %s
      description: rejects messages with the property '%s'
      entryFilterClass: %s
      """
          .formatted(NAME, REJECTED, CLASS);

  private EntryFilterPlugin() {}

  /**
   * Settings of a server that has the plugin and uses it where a namespace says so.
   *
   * @param directory where the plugin is built and unpacked; nothing else may live there
   */
  static StandaloneSettings offered(StandaloneSettings settings, Path directory) {
    Path folder = directory.toAbsolutePath();
    try {
      Path classes = Files.createDirectories(folder.resolve("classes"));
      Path plugins = Files.createDirectories(folder.resolve("plugins"));
      compile(settings.distribution().resolve("lib"), classes);
      pack(
          plugins.resolve(NAME + ".nar"),
          Map.of(
              "META-INF/services/entry_filter.yml",
              DESCRIPTION.getBytes(StandardCharsets.UTF_8),
              CLASS + ".class",
              Files.readAllBytes(classes.resolve(CLASS + ".class"))));
      return settings
          .with("entryFiltersDirectory", plugins.toString())
          .with("narExtractionDirectory", folder.resolve("unpacked").toString())
          .with("allowOverrideEntryFilters", "true");
    } catch (IOException e) {
      throw new UncheckedIOException("no entry filter in " + folder, e);
    }
  }

  private static void compile(Path libraries, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    var source =
        new SimpleJavaFileObject(
            URI.create("string:///" + CLASS + ".java"), SimpleJavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return SOURCE;
          }
        };
    String classPath;
    try (Stream<Path> jars = Files.list(libraries)) {
      classPath = jars.map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
    var options = List.of("-proc:none", "-d", classes.toString(), "-classpath", classPath);
    if (!compiler.getTask(null, null, null, options, null, List.of(source)).call()) {
      throw new IllegalStateException("the entry filter does not compile");
    }
  }

  private static void pack(Path archive, Map<String, byte[]> files) throws IOException {
    try (var out = new ZipOutputStream(Files.newOutputStream(archive))) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        out.putNextEntry(new ZipEntry(file.getKey()));
        out.write(file.getValue());
        out.closeEntry();
      }
    }
  }

  /** Has the broker reject messages in a namespace from now on. */
  public static void use(PulsarAdmin admin, String namespace) throws PulsarAdminException {
    admin.namespaces().setNamespaceEntryFilters(namespace, new EntryFilters(NAME));
  }
}
