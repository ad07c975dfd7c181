package io.sluice.source;

import io.sluice.schema.UndecodablePayloadException;
import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.StructField;
import org.junit.jupiter.api.Test;

/** The metadata columns that readers are told about are those that a row has. */
class PulsarColumnsPageTest {

  @Test
  void page_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(
        Path.of("docs/reference/pulsar-columns.md"), page(), PulsarColumnsPageTest.class);
  }

  private static String page() {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Columns of `format("pulsar")`

        <!-- Generated from io.sluice.source.MetadataColumn: change the columns there. -->

        First come the payload's columns, by the topic's schema: the fields of a record, or one
        column `value` for a primitive, for text and for bytes. Each message is decoded by the schema
        version that it was written with. The columns follow Spark's own mapping of Avro, and every
        one may be null: a message without a payload has null in all of them.

        A topic of key and value (`KEY_VALUE`) has the columns `key` and `value`, each a struct where
        its schema is one of records. Where the key is stored apart from the payload (`SEPARATED`),
        a message without a payload, a tombstone, has its key and null in `value`.

        Behind them, unless `includeMetadata` is `false`, come the metadata's:

        | column | type | meaning |
        |---|---|---|
        """);
    for (MetadataColumn each : MetadataColumn.values()) {
      StructField column = each.field();
      page.append(
          "| `%s` | `%s` | %s |\n"
              .formatted(column.name(), column.dataType().sql(), column.getComment().get()));
    }
    page.append(
        """

        The last two are there with `mode=PERMISSIVE` only. The classes of `__error` are
        %s.
        Columns given with `.schema(...)` take the place of the payload's columns, and the payload
        is decoded into them; the metadata's follow them all the same.

        A value is taken if its column holds it exactly: a `long` of 5 fits `INT`, a `double` of 0.5
        fits `FLOAT`, a decimal or a whole number fits a decimal that has its digits, a date fits a
        timestamp without time zone. A message with another value cannot be decoded
        (`VALUE_DOES_NOT_FIT`); null always fits. With `rescuedDataColumn`, one more payload column
        has, as a JSON object, the values that do not fit and the fields without a column, where the
        message's schema is of type AVRO or JSON; the columns of such values are null. The JSON is that
        of Pulsar's Java client: bytes in base64, times as counts of their unit.
        A column that the writer's schema lacks takes the field of which the newest schema calls the
        column another name (`aliases`), unless there is a column of that field's own name.

        The first six have the names that pulsar-spark gives them. `__topic`, `__partition`,
        `__ledgerId`, `__entryId` and `__batchIndex` together name one message, and no other.
        """
            .formatted(
                Arrays.stream(UndecodablePayloadException.Kind.values())
                    .map(kind -> "`" + kind + "`")
                    .collect(Collectors.joining(", "))));
    return page.toString();
  }
}
