package io.sluice.register;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.spec.TableReader;
import java.util.List;

/** An engine that tables are made known to, and its SQL for that. */
public sealed interface Engine permits Trino, Athena, Hive, DuckDb {

  /** What it reads. */
  TableReader reader();

  /**
   * A table by its name and its place in this engine.
   *
   * @param name by which the engine is to know it
   * @throws SluiceException NOT_REGISTERED if it cannot have this name, or cannot reach this place
   */
  Registration register(LakeTable table, String name);

  /** The statements before those of the tables; a line that begins with {@code --} is a remark. */
  List<String> before(List<Registration> tables);

  /** The statement that makes a table known. */
  String statement(Registration table);

  /** All that makes tables known, as a script for the engine's shell. */
  default String script(List<Registration> tables) {
    StringBuilder script = new StringBuilder();
    for (String each : before(tables)) {
      script.append(each).append(each.startsWith("--") ? "\n" : ";\n");
    }
    tables.forEach(table -> script.append(statement(table)).append(";\n"));
    return script.toString();
  }

  /** The refusal of a table. */
  static SluiceException refused(LakeTable table, String reason) {
    return new SluiceException(
        Condition.NOT_REGISTERED,
        "The table %s cannot be registered: %s".formatted(table.table(), reason));
  }
}
