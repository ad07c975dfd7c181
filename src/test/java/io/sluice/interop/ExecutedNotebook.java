package io.sluice.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;

/**
 * What the cells of a notebook have put out.
 *
 * @param cells each code cell as text: its number, its code, and what it has put out, of a picture
 *     the size
 * @param pictures those of the cells that are not tagged {@code live}, which tell of the run itself
 */
record ExecutedNotebook(List<String> cells, List<BufferedImage> pictures) {

  private static final String PICTURE = "image/png";

  /** Reads a notebook's file. */
  static ExecutedNotebook read(Path file) throws IOException {
    List<String> cells = new ArrayList<>();
    List<BufferedImage> pictures = new ArrayList<>();
    for (JsonNode cell : new JsonMapper().readTree(file.toFile()).path("cells")) {
      if (cell.path("cell_type").asText().equals("code")) {
        List<String> lines = new ArrayList<>();
        lines.add("In [%s]: %s".formatted(cell.path("execution_count"), text(cell.path("source"))));
        boolean live = text(cell.path("metadata").path("tags")).contains("live");
        for (JsonNode output : cell.path("outputs")) {
          lines.add(output.path("output_type").asText() + text(output.path("text")));
          output
              .path("data")
              .properties()
              .forEach(
                  shown ->
                      lines.add(
                          shown.getKey()
                              + ": "
                              + (shown.getKey().equals(PICTURE)
                                  ? size(picture(shown.getValue()))
                                  : text(shown.getValue()))));
          if (!live && output.path("data").has(PICTURE)) {
            pictures.add(picture(output.path("data").path(PICTURE)));
          }
        }
        cells.add(String.join("\n", lines));
      }
    }
    return new ExecutedNotebook(List.copyOf(cells), List.copyOf(pictures));
  }

  /** Which share of the pixels of two pictures differs; of pictures of different sizes all do. */
  static double difference(BufferedImage one, BufferedImage other) {
    if (!size(one).equals(size(other))) {
      return 1;
    }
    int[] left = pixels(one);
    int[] right = pixels(other);
    return IntStream.range(0, left.length).filter(at -> left[at] != right[at]).count()
        / (double) left.length;
  }

  private static int[] pixels(BufferedImage picture) {
    return picture.getRGB(
        0, 0, picture.getWidth(), picture.getHeight(), null, 0, picture.getWidth());
  }

  private static String size(BufferedImage picture) {
    return picture.getWidth() + " x " + picture.getHeight();
  }

  private static BufferedImage picture(JsonNode base64) {
    try {
      return ImageIO.read(new ByteArrayInputStream(Base64.getMimeDecoder().decode(text(base64))));
    } catch (IOException e) {
      throw new AssertionError("a picture that cannot be decoded", e);
    }
  }

  /** A text may be a list of its lines. */
  private static String text(JsonNode text) {
    return text.isArray()
        ? StreamSupport.stream(text.spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.joining())
        : text.asText();
  }
}
