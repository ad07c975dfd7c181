package io.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Command lines of {@code sluice register} that are refused before anything starts. */
class RegisterCommandTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --engine presto                                          | --engine is trino, athena, hive or duckdb, not 'presto'.
          --engine trino --schema shop                             | trino needs --catalog.
          --engine trino --catalog lake                            | trino needs --schema.
          --engine athena                                          | athena needs --schema.
          --engine athena --schema my-shop                         | --schema 'my-shop': athena takes letters from a to z, digits and underscores.
          --engine hive --schema a.b                               | --schema 'a.b': hive takes letters from a to z, digits and underscores.
          --engine duckdb --catalog lake                           | --catalog is of trino only.
          --engine hive --schema shop --local-location /data       | --local-location is of trino only.
          --engine hive --schema shop --user etl                   | --user is of trino only.
          --engine duckdb --apply --server shop.duckdb             | --apply is of trino and hive only. Run what is printed in duckdb.
          --engine athena --schema shop --apply                    | --apply is of trino and hive only. Run what is printed in athena.
          --engine trino --catalog lake --schema shop --replace    | --server, --user and --replace are of --apply only.
          --engine trino --catalog lake --schema shop --apply      | trino with --apply needs --server.
          --engine trino --catalog lake --schema shop --apply --server http://h:1                       | trino with --apply needs --user.
          --engine trino --catalog lake --schema shop --apply --user u --server https://u:hunter2@h:1   | --server is http://HOST:PORT or https://HOST:PORT and no more; a password is taken from the environment, TRINO_PASSWORD.
          --engine trino --catalog lake --schema shop --apply --user u --server h:1                     | --server is http://HOST:PORT or https://HOST:PORT and no more; a password is taken from the environment, TRINO_PASSWORD.
          --engine hive --schema shop --apply --server http://h:1  | --server is thrift://HOST:PORT, not 'http://h:1'.
          """)
  void register_optionsThatDoNotFit_areNamed(String options, String message) {
    Answer answer = Answer.to(("register t " + options).split(" "));

    assertThat(answer.exitCode()).isEqualTo(2);
    assertThat(answer.err()).startsWith(message).doesNotContain("hunter2");
    assertThat(answer.out()).isEmpty();
  }

  @Test
  void help_register_teachesByExamples() {
    Answer answer = Answer.to("register", "--help");

    assertThat(answer.exitCode()).isZero();
    assertThat(answer.out())
        .contains("sluice register jobs/*.yaml --engine trino", "TRINO_PASSWORD", "| duckdb");
  }
}
