package io.sluice.register;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrinoTest {

  @Test
  void place_answerOfShowCreateTable_isItsLocation() {
    String shown =
        """
        CREATE TABLE lake.shop.orders (
           id bigint COMMENT 'a location = ''nowhere'' of it'
        )
        WITH (
           location = 'local:///it''s/orders',
           partitioned_by = ARRAY['part']
        )""";

    assertThat(Trino.place(shown)).contains("local:///it's/orders");
    assertThat(Trino.place("CREATE VIEW lake.shop.orders AS SELECT 1")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "s3://lake/orders, s3://lake/orders, true",
    "s3://lake/orders, s3a://lake/orders/, true",
    "file:///data/orders, file:/data/orders/, true",
    "file:///data/orders, /data/orders, true",
    "local:///orders, local:///orders/, true",
    "local:///orders, file:///orders, false",
    "s3://lake/orders, s3://lake/orders2, false",
    "s3://lake/orders, s3://Lake/orders, false",
    "hdfs://nn/orders, hdfs://nn:8020/orders, false"
  })
  void isAt_placesThatAreOne_whateverTheirSpelling(String place, String other, boolean same) {
    LakeTable table = new LakeTable("orders", "orders", place, Set.of());

    assertThat(new Registration(table, "orders", place).isAt(other)).isEqualTo(same);
  }
}
