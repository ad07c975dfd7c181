package io.sluice.change;

import io.sluice.change.WireType.Scalar;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/** MySQL's types as a column's definition has them, where every value is text. */
final class MysqlTypes {

  private static final Pattern TYPE =
      Pattern.compile(
          "\\s*([a-z]+)(?:\\s*\\(\\s*(\\d{1,9})\\s*(?:,\\s*(\\d{1,9})\\s*)?\\))?(.*)",
          Pattern.DOTALL);

  /** MySQL's own default for {@code decimal}. */
  private static final int DEFAULT_PRECISION = 10;

  /** The digits of an unsigned {@code bigint}. */
  private static final int UNSIGNED_DIGITS = 20;

  private MysqlTypes() {}

  /** What the text of such a column says; of an unknown type the text. */
  static WireType of(String definition) {
    Matcher parts = TYPE.matcher(definition.toLowerCase(Locale.ROOT));
    if (!parts.matches()) {
      return new WireType.TextOf(DataTypes.StringType);
    }
    boolean unsigned = parts.group(4).contains("unsigned");
    return switch (parts.group(1)) {
      case "tinyint" -> text(unsigned ? DataTypes.ShortType : DataTypes.ByteType);
      case "smallint" -> text(unsigned ? DataTypes.IntegerType : DataTypes.ShortType);
      case "mediumint", "year" -> text(DataTypes.IntegerType);
      case "int", "integer" -> text(unsigned ? DataTypes.LongType : DataTypes.IntegerType);
      case "bigint" -> text(unsigned ? unsignedType() : DataTypes.LongType);
      case "bit" -> text(unsignedType());
      case "float" -> text(DataTypes.FloatType);
      case "double", "real" -> text(DataTypes.DoubleType);
      case "decimal", "numeric" -> text(decimal(parts));
      case "date" -> text(DataTypes.DateType);
      case "datetime", "timestamp" -> text(DataTypes.TimestampNTZType);
      case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob" ->
          Scalar.of(ScalarKind.LATIN1);
      default -> text(DataTypes.StringType);
    };
  }

  private static DataType unsignedType() {
    return DataTypes.createDecimalType(UNSIGNED_DIGITS, 0);
  }

  private static DataType decimal(Matcher parts) {
    int precision = parts.group(2) == null ? DEFAULT_PRECISION : Integer.parseInt(parts.group(2));
    int scale = parts.group(3) == null ? 0 : Integer.parseInt(parts.group(3));
    return precision > DecimalType.MAX_PRECISION() || scale > precision || precision == 0
        ? DataTypes.StringType
        : DataTypes.createDecimalType(precision, scale);
  }

  private static WireType text(DataType type) {
    return new WireType.TextOf(type);
  }
}
