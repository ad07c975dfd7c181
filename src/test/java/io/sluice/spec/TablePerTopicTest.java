package io.sluice.spec;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The job of one topic, out of one that has a table for each. */
class TablePerTopicTest {

  @Test
  void of_tableWithoutAGroup_isEmpty() {
    assertThat(TablePerTopic.of(job("persistent://shop/cdc/(.*)", "/lake/all"))).isEmpty();
  }

  @Test
  void forTopic_tableWithGroups_hasNamesOfItsOwn() {
    JobSpec job = job("persistent://shop/cdc/(\\w+)\\.(\\w+)", "/lake/$2/x_$1");

    JobSpec own = perTopic(job).forTopic("persistent://shop/cdc/sales.orders");

    assertThat(own.name()).isEqualTo("all.orders.sales");
    assertThat(own.target().table()).isEqualTo("/lake/orders/x_sales");
    assertThat(own.target().quarantine()).isEqualTo("/lake/orders/x_sales_quarantine");
    assertThat(own.source().topics().describe()).isEqualTo("persistent://shop/cdc/sales.orders");
    assertThat(own.source().subscription()).isEqualTo("sluice-all");
    assertThat(own.hash()).isEqualTo(job.hash());
    assertThat(TablePerTopic.of(own)).isEmpty();
  }

  @Test
  void forTopic_identifierInACatalog_isOne() {
    JobSpec own =
        perTopic(job("persistent://shop/cdc/(.*)", "lake.shop.$1"))
            .forTopic("persistent://shop/cdc/orders");
    assertThat(own.target().table()).isEqualTo("lake.shop.orders");
    assertThat(own.target().isPath()).isFalse();
  }

  @Test
  void forTopic_namesThatPathsCannotHave_stayApart() {
    TablePerTopic perTopic = perTopic(job("persistent://shop/cdc/(.*)", "/lake/$1"));
    String one = perTopic.forTopic("persistent://shop/cdc/größe").name();
    String other = perTopic.forTopic("persistent://shop/cdc/gräße").name();

    assertThat(one).matches("all\\.gr__e-[0-9a-f]{8}").isNotEqualTo(other);
  }

  @Test
  void forTopic_groupThatMatchesNothing_isEmptyText() {
    assertThat(
            perTopic(job("persistent://shop/cdc/(eu-)?(.*)", "/lake/$1$2"))
                .forTopic("persistent://shop/cdc/orders")
                .target()
                .table())
        .isEqualTo("/lake/orders");
  }

  @Test
  void parse_groupThatThePatternLacks_isAProblem() {
    assertThat(problems("persistent://shop/cdc/(.*)", "/lake/$2"))
        .contains("the table's name has $2 in it, and 'source.topics_pattern' has groups up to 1");
    assertThat(problems("persistent://shop/cdc/.*", "/lake/$1")).contains("has no group");
  }

  private static TablePerTopic perTopic(JobSpec job) {
    return TablePerTopic.of(job).orElseThrow();
  }

  private static JobSpec job(String pattern, String table) {
    return parse(pattern, table).require();
  }

  private static String problems(String pattern, String table) {
    StringBuilder text = new StringBuilder();
    parse(pattern, table).problems().forEach(problem -> text.append(problem.render()));
    return text.toString();
  }

  private static ParsedJob parse(String pattern, String table) {
    String text =
        """
        version: 1
        name: all
        source: {topics_pattern: '%s'}
        target: {table: '%s'}
        """
            .formatted(pattern, table);
    return new JobSpecParser(FixedEnvironment.TYPICAL).parse("all.yaml", text, List.of());
  }
}
