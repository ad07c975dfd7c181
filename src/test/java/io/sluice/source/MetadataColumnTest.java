package io.sluice.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.transform.InputView;
import java.util.Arrays;
import java.util.stream.Stream;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

/** The metadata columns by name. */
class MetadataColumnTest {

  /** Jobs know the source by its columns only, so they have a list of their own. */
  @Test
  void payloadOfAJob_hasNoMetadataColumn() {
    StructField payload = new StructField("__id", DataTypes.LongType, true, Metadata.empty());
    StructType source =
        new StructType(
            Stream.concat(
                    Stream.of(payload),
                    Arrays.stream(MetadataColumn.values()).map(MetadataColumn::field))
                .toArray(StructField[]::new));

    assertThat(InputView.payload(source).fields()).containsExactly(payload);
  }
}
