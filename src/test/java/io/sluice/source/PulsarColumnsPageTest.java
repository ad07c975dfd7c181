package io.sluice.source;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
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
    for (StructField column : MetadataColumn.addTo(new StructType()).fields()) {
      page.append(
          "| `%s` | `%s` | %s |\n"
              .formatted(column.name(), column.dataType().sql(), column.getComment().get()));
    }
    page.append(
        """

        The first six have the names that pulsar-spark gives them. `__topic`, `__partition`,
        `__ledgerId`, `__entryId` and `__batchIndex` together name one message, and no other.
        """);
    return page.toString();
  }
}
