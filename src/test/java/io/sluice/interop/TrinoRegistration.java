package io.sluice.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.sluice.cli.Answer;
import io.sluice.testing.SparkSessions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code sluice register} with a Trino server that runs. */
final class TrinoRegistration {

  private final TrinoServer trino;
  private final Path lake;

  /**
   * With this server.
   *
   * @param lake the directory of the job files and of the local tables
   */
  TrinoRegistration(TrinoServer trino, Path lake) {
    this.trino = trino;
    this.lake = lake;
  }

  /**
   * Makes the tables of jobs known, in the catalog {@code lake} but for one, in the catalog {@code
   * s3}; each again, one in place of another, one of an odd name.
   */
  void registerEach(Set<String> jobs, String remote, String remotePlace) throws Exception {
    List<String> local = jobs.stream().filter(name -> !name.equals(remote)).map(this::job).toList();
    Answer first = register("lake", local);
    assertThat(first.exitCode()).as(first.err()).isZero();
    assertThat(first.out().lines())
        .hasSize(local.size())
        .contains("plain  registered  local:///plain");
    Answer again = register("lake", local);
    assertThat(again.exitCode()).as(again.err()).isZero();
    assertThat(again.out().lines())
        .hasSize(local.size())
        .allMatch(line -> line.contains("  already registered  local:///"));
    Answer onS3 = register("s3", List.of(job(remote)));
    assertThat(onS3.exitCode()).as(onS3.err()).isZero();
    assertThat(onS3.out())
        .isEqualTo(remote + "  registered  " + remotePlace.replace("s3a:", "s3:") + "\n");
    assertThat(register("s3", List.of(remotePlace)).out()).contains("already registered");
    replace();
    register("lake", List.of(odd()));
    assertThat(trino.query("SELECT count(*) FROM lake.shop.\"it's ü-1\""))
        .isEqualTo(List.of(List.of("3")));
  }

  private void replace() throws Exception {
    Answer elsewhere = register("lake", List.of(job("plain")), "--name", "parts");
    assertThat(elsewhere.exitCode()).isEqualTo(28);
    assertThat(elsewhere.out()).isEmpty();
    assertThat(elsewhere.err())
        .contains(
            "Trino knows \"lake\".\"shop\".\"parts\" at local:///parts already, not at local:///plain.")
        .contains(
            "CALL \"lake\".system.unregister_table(schema_name => 'shop', table_name => 'parts')");
    assertThat(shown("parts")).contains("'local:///parts'");
    Answer replaced = register("lake", List.of(job("plain")), "--name", "parts", "--replace");
    assertThat(replaced.out()).as(replaced.err()).contains("registered in place of another");
    assertThat(shown("parts")).contains("'local:///plain'");
    assertThat(register("lake", List.of(job("parts")), "--replace").exitCode()).isZero();
    assertThat(shown("parts")).contains("'local:///parts'");
  }

  /** A table whose name every layer has to quote. */
  private String odd() {
    String place = lake.resolve("it's ü-1").toString();
    SparkSessions.local().range(3).write().format("delta").save(place);
    return place;
  }

  private String shown(String table) throws Exception {
    return trino.query("SHOW CREATE TABLE lake.shop." + table).toString();
  }

  private String job(String name) {
    return lake.resolve(name + ".yaml").toString();
  }

  private Answer register(String catalog, List<String> subjects, String... further) {
    List<String> arguments = new ArrayList<>(List.of("register"));
    arguments.addAll(subjects);
    arguments.addAll(
        List.of(
            "--engine=trino",
            "--catalog=" + catalog,
            "--schema=shop",
            "--local-location=" + lake,
            "--apply",
            "--server=" + trino.address(),
            "--user=sluice"));
    arguments.addAll(List.of(further));
    return Answer.to(arguments.toArray(String[]::new));
  }
}
