package io.sluice.change;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

/**
 * Values as what they mean, whether a database wrote them as text or the decoder made them, so that
 * they can be compared. It knows each column's type from the database itself.
 *
 * @param type the column's type as the database names it
 * @param postgres whether that database is PostgreSQL
 */
record DatabaseText(String type, boolean postgres) {

  private static final Pattern SCALE = Pattern.compile("(?:numeric|decimal)\\((\\d+),(\\d+)\\).*");
  private static final Pattern PRECISION = Pattern.compile("\\w+\\((\\d)\\).*");
  private static final Pattern INTERVAL =
      Pattern.compile(
          "(?:(-?\\d+) years? ?)?(?:(-?\\d+) mons? ?)?(?:(-?\\d+) days? ?)?(?:(-?)(\\d+):(\\d+):([\\d.]+))?");

  /** What a text of the database means. */
  @Nullable Object expected(@Nullable String text) {
    if (text == null) {
      return null;
    }
    return switch (family()) {
      case "number" -> new BigDecimal(text.replaceAll("[$,]", "")).stripTrailingZeros();
      case "float" -> (double) Float.parseFloat(text);
      case "double" -> Double.parseDouble(text);
      case "boolean" -> text.equals("true") || text.equals("t") || text.equals("1");
      case "bits" -> text.isEmpty() ? BigInteger.ZERO : new BigInteger(text, 2);
      case "padded" -> text.stripTrailing();
      case "date" -> date(text);
      case "time" -> time(text);
      case "timetz" ->
          OffsetTime.parse(text.matches(".*[+-]\\d\\d") ? text + ":00" : text)
              .withOffsetSameInstant(ZoneOffset.UTC)
              .toLocalTime();
      case "local" -> local(text);
      case "instant" -> local(text.replace("+00", "")).toInstant(ZoneOffset.UTC);
      case "interval" -> interval(text);
      case "network" -> text.replaceAll("/(32|128)$", "");
      case "hstore" -> hstore(text);
      case "point" -> point(text);
      case "array" -> array(text);
      default -> text;
    };
  }

  /** What a value of the decoder means. */
  @Nullable Object actual(@Nullable Object value) {
    if (value == null) {
      return null;
    }
    return switch (family()) {
      case "number" -> number(value).stripTrailingZeros();
      case "float" ->
          (double)
              ((Number) (value instanceof String text ? Float.valueOf(text) : value)).floatValue();
      case "double" ->
          value instanceof String text ? Double.valueOf(text) : ((Number) value).doubleValue();
      case "bits" -> bits((String) value);
      case "padded" -> ((String) value).stripTrailing();
      case "bytes" ->
          value instanceof byte[] bytes ? Base64.getEncoder().encodeToString(bytes) : value;
      case "date" ->
          value instanceof Long days
              ? LocalDate.ofEpochDay(days)
              : value instanceof String text ? date(text.replace("Z", "")) : value;
      case "time" ->
          value instanceof Long count ? time(count) : time(value.toString().replace("Z", ""));
      case "timetz" -> LocalTime.parse(value.toString().replace("Z", ""));
      case "local" ->
          value instanceof Long count
              ? local(count)
              : value instanceof String text ? LocalDateTime.parse(text.replace("Z", "")) : value;
      case "instant" ->
          value instanceof String text ? OffsetDateTime.parse(text).toInstant() : value;
      case "interval" -> value instanceof Long micros ? micros : isoInterval((String) value);
      case "network" -> ((String) value).replaceAll("/(32|128)$", "");
      case "hstore" -> json((String) value);
      case "point" ->
          value instanceof Row row
              ? List.of(row.getDouble(0), row.getDouble(1))
              : jsonPoint((String) value);
      case "array" -> value instanceof List<?> list ? elements(list) : elements((String) value);
      default -> value;
    };
  }

  private String family() {
    if (type.endsWith("[]")) {
      return "array";
    }
    if (type.startsWith("bit(1)") || type.equals("boolean")) {
      return "boolean";
    }
    if (type.startsWith("bit")) {
      return "bits";
    }
    String name = type.replaceAll("[( ].*", "");
    return switch (name) {
      case "smallint",
          "integer",
          "int",
          "bigint",
          "oid",
          "ecommerce.pos_int",
          "tinyint",
          "mediumint",
          "year",
          "numeric",
          "decimal",
          "money" ->
          "number";
      case "real", "float" -> "float";
      case "double" -> "double";
      case "character" -> type.startsWith("character varying") ? "text" : "padded";
      case "char" -> "padded";
      case "bytea", "binary", "varbinary", "tinyblob", "blob", "longblob" -> "bytes";
      case "date" -> "date";
      case "time" -> type.contains("with time zone") ? "timetz" : "time";
      case "datetime" -> "local";
      case "timestamp" -> postgres && !type.contains("with time zone") ? "local" : "instant";
      case "interval" -> "interval";
      case "inet" -> "network";
      case "hstore" -> "hstore";
      case "point" -> "point";
      default -> "text";
    };
  }

  private int precision() {
    Matcher matcher = PRECISION.matcher(type);
    return matcher.matches() ? Integer.parseInt(matcher.group(1)) : postgres ? 6 : 0;
  }

  private BigDecimal number(Object value) {
    if (value instanceof BigDecimal number) {
      return number;
    }
    if (value instanceof Number number) {
      return new BigDecimal(number.toString());
    }
    String text = (String) value;
    if (text.startsWith("{")) {
      JsonNode parts = JsonTree.read(text);
      return new BigDecimal(
          new BigInteger(Base64.getDecoder().decode(parts.path("value").textValue())),
          parts.path("scale").intValue());
    }
    if (text.matches("-?\\d+(\\.\\d+)?")
        && !(text.length() % 4 == 0 && !text.contains(".") && !text.contains("-"))) {
      return new BigDecimal(text);
    }
    Matcher scale = SCALE.matcher(type);
    return new BigDecimal(
        new BigInteger(Base64.getDecoder().decode(text)),
        scale.matches() ? Integer.parseInt(scale.group(2)) : type.equals("money") ? 2 : 0);
  }

  private static BigInteger bits(String text) {
    if (text.matches("[01]{8,}|[01]{0,7}")) {
      return text.isEmpty() ? BigInteger.ZERO : new BigInteger(text, 2);
    }
    byte[] bytes = Base64.getDecoder().decode(text);
    byte[] highestFirst = new byte[bytes.length + 1];
    for (int i = 0; i < bytes.length; i++) {
      highestFirst[bytes.length - i] = bytes[i];
    }
    return new BigInteger(highestFirst);
  }

  private static LocalDate date(String text) {
    if (!text.endsWith(" BC")) {
      return LocalDate.parse(text);
    }
    LocalDate date = LocalDate.parse(text.replace(" BC", ""));
    return date.withYear(1 - date.getYear());
  }

  private static LocalDateTime local(String text) {
    boolean before = text.endsWith(" BC");
    LocalDateTime local = LocalDateTime.parse(text.replace(" BC", "").replace(' ', 'T'));
    return before ? local.withYear(1 - local.getYear()) : local;
  }

  private LocalDateTime local(long count) {
    ChronoUnit unit = precision() > 3 ? ChronoUnit.MICROS : ChronoUnit.MILLIS;
    return LocalDateTime.ofInstant(Instant.EPOCH.plus(count, unit), ZoneOffset.UTC);
  }

  /** Microseconds of a time, which may be negative. */
  private static long time(String text) {
    String[] parts = text.replace("-", "").split(":", -1);
    BigDecimal seconds =
        new BigDecimal(parts[2])
            .add(
                BigDecimal.valueOf(
                    Long.parseLong(parts[0]) * 3600 + Long.parseLong(parts[1]) * 60));
    long micros = seconds.movePointRight(6).longValueExact();
    return text.startsWith("-") ? -micros : micros;
  }

  private long time(long count) {
    return postgres && precision() <= 3 ? count * 1000 : count;
  }

  /** Microseconds as Debezium counts them: a month has 30.4375 days. */
  private static Object interval(String text) {
    Matcher parts = INTERVAL.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(text);
    }
    BigDecimal months =
        decimal(parts.group(1)).multiply(BigDecimal.valueOf(12)).add(decimal(parts.group(2)));
    BigDecimal seconds =
        decimal(parts.group(5))
            .multiply(BigDecimal.valueOf(3600))
            .add(decimal(parts.group(6)).multiply(BigDecimal.valueOf(60)))
            .add(decimal(parts.group(7)));
    if ("-".equals(parts.group(4))) {
      seconds = seconds.negate();
    }
    return micros(months, decimal(parts.group(3)), seconds);
  }

  private static Object isoInterval(String text) {
    Matcher parts =
        Pattern.compile(
                "P(?:(-?\\d+)Y)?(?:(-?\\d+)M)?(?:(-?\\d+)D)?(?:T(?:(-?\\d+)H)?(?:(-?\\d+)M)?(?:(-?[\\d.]+)S)?)?")
            .matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(text);
    }
    return micros(
        decimal(parts.group(1)).multiply(BigDecimal.valueOf(12)).add(decimal(parts.group(2))),
        decimal(parts.group(3)),
        decimal(parts.group(4))
            .multiply(BigDecimal.valueOf(3600))
            .add(decimal(parts.group(5)).multiply(BigDecimal.valueOf(60)))
            .add(decimal(parts.group(6))));
  }

  private static long micros(BigDecimal months, BigDecimal days, BigDecimal seconds) {
    return months
        .multiply(new BigDecimal("30.4375"))
        .add(days)
        .multiply(BigDecimal.valueOf(86_400))
        .add(seconds)
        .movePointRight(6)
        .longValueExact();
  }

  private static BigDecimal decimal(@Nullable String text) {
    return text == null ? BigDecimal.ZERO : new BigDecimal(text);
  }

  private static Map<String, @Nullable String> hstore(String text) {
    Map<String, @Nullable String> values = new LinkedHashMap<>();
    Matcher entries = Pattern.compile("\"([^\"]*)\"=>(?:\"([^\"]*)\"|NULL)").matcher(text);
    while (entries.find()) {
      values.put(entries.group(1), entries.group(2));
    }
    return values;
  }

  private static Map<String, @Nullable String> json(String text) {
    Map<String, @Nullable String> values = new LinkedHashMap<>();
    JsonTree.read(text)
        .properties()
        .forEach(
            field ->
                values.put(
                    field.getKey(), field.getValue().isNull() ? null : field.getValue().asText()));
    return values;
  }

  private static List<Double> point(String text) {
    String[] parts = text.replaceAll("POINT|[()]", "").trim().split("[, ]", -1);
    return List.of(Double.valueOf(parts[0]), Double.valueOf(parts[1]));
  }

  private static List<Double> jsonPoint(String text) {
    JsonNode point = JsonTree.read(text);
    return List.of(point.path("x").doubleValue(), point.path("y").doubleValue());
  }

  /** The elements of an array literal of PostgreSQL. */
  private List<@Nullable Object> array(String text) {
    List<@Nullable Object> elements = new ArrayList<>();
    Matcher each =
        Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|([^,{}\"]+)")
            .matcher(text.substring(1, text.length() - 1));
    while (each.find()) {
      String quoted = each.group(1);
      String plain = each.group(2);
      elements.add(
          quoted != null
              ? element().expected(quoted.replaceAll("\\\\(.)", "$1"))
              : plain.equals("NULL") ? null : element().expected(plain));
    }
    return elements;
  }

  private List<@Nullable Object> elements(List<?> list) {
    List<@Nullable Object> elements = new ArrayList<>();
    list.forEach(each -> elements.add(element().actual(each)));
    return elements;
  }

  private List<@Nullable Object> elements(String json) {
    List<@Nullable Object> elements = new ArrayList<>();
    for (JsonNode each : JsonTree.read(json)) {
      elements.add(each.isNull() ? null : element().actual(UntypedValues.of(each)));
    }
    return elements;
  }

  private DatabaseText element() {
    return new DatabaseText(type.substring(0, type.length() - 2), postgres);
  }

  /** Text in UTF-8. */
  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
