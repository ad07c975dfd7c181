package io.sluice.transform;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_compact;
import static org.apache.spark.sql.functions.arrays_overlap;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Union;
import org.apache.spark.sql.functions;
import scala.jdk.javaapi.CollectionConverters;

/** Which columns of its input each column of a query's result is made of. */
public final class ColumnLineage {

  private final Map<String, Set<String>> columns;
  private final Map<String, String> copies;

  private ColumnLineage(Map<String, Set<String>> columns, Map<String, String> copies) {
    this.columns = columns;
    this.copies = copies;
  }

  /**
   * Follows the columns of a result back to those of an input.
   *
   * @param input the rows that a query reads
   * @param result the rows that it gives; what is between the two is a query or several
   */
  public static ColumnLineage of(Dataset<Row> input, Dataset<Row> result) {
    var origins = new Origins(analyzed(input));
    LogicalPlan plan = analyzed(result);
    origins.visit(plan);
    Map<String, Set<String>> columns = new LinkedHashMap<>();
    Map<String, String> copies = new HashMap<>();
    for (Attribute column : output(plan)) {
      columns.put(column.name(), origins.of(column));
      origins.copied(column).ifPresent(name -> copies.put(column.name(), name));
    }
    return new ColumnLineage(columns, copies);
  }

  /**
   * By each column of the result, the columns of the input whose values its own depends on; none
   * for a constant.
   */
  Map<String, Set<String>> columns() {
    return columns;
  }

  /** Whether a column of the result is the column of the same name of the input, as it is. */
  public boolean isUnchanged(String name) {
    return copies.entrySet().stream()
        .anyMatch(
            column ->
                column.getKey().equalsIgnoreCase(name) && column.getValue().equalsIgnoreCase(name));
  }

  /**
   * The names of the columns of the result that depend on one of some columns of the input.
   *
   * @param names ARRAY of STRING: the names of these; null for none
   */
  public Column madeOf(Column names) {
    Column[] made =
        columns.entrySet().stream()
            .filter(column -> !column.getValue().isEmpty())
            .map(
                column -> {
                  Column[] origins =
                      column.getValue().stream().map(functions::lit).toArray(Column[]::new);
                  return when(arrays_overlap(names, array(origins)), lit(column.getKey()));
                })
            .toArray(Column[]::new);
    return array_compact(array(made).cast("array<string>"));
  }

  private static LogicalPlan analyzed(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().analyzed();
  }

  private static List<Attribute> output(LogicalPlan plan) {
    return CollectionConverters.asJava(plan.output());
  }

  /** What is known of attributes, node by node of a plan, from its leaves to its root. */
  private static final class Origins {

    private final LogicalPlan input;
    private final Map<ExprId, Set<String>> known = new HashMap<>();
    private final Map<ExprId, String> copies = new HashMap<>();
    private final Map<Long, List<Attribute>> named = new HashMap<>();

    Origins(LogicalPlan input) {
      this.input = input;
    }

    Set<String> of(NamedExpression column) {
      return known.getOrDefault(column.exprId(), Set.of());
    }

    /** The column of the input of which one is a copy. */
    Optional<String> copied(NamedExpression column) {
      return Optional.ofNullable(copies.get(column.exprId()));
    }

    void visit(LogicalPlan plan) {
      // A query that reads the input more than once has it under other identities.
      if (output(plan).size() == output(input).size() && plan.sameResult(input)) {
        for (int i = 0; i < output(plan).size(); i++) {
          String name = output(input).get(i).name();
          known.put(output(plan).get(i).exprId(), Set.of(name));
          copies.put(output(plan).get(i).exprId(), name);
        }
        return;
      }
      List<LogicalPlan> children = CollectionConverters.asJava(plan.children());
      children.forEach(this::visit);
      if (plan instanceof CTERelationDef definition) {
        named.put(definition.id(), output(definition));
      } else if (plan instanceof CTERelationRef reference) {
        same(output(reference), named.getOrDefault(reference.cteId(), List.of()));
      } else if (plan instanceof Union) {
        children.forEach(child -> unite(output(plan), output(child)));
      }
      Set<String> all = new TreeSet<>();
      for (Expression expression : CollectionConverters.asJava(plan.expressions())) {
        Set<String> names = origins(expression);
        all.addAll(names);
        if (expression instanceof Alias column) {
          known.putIfAbsent(column.exprId(), names);
          if (column.child() instanceof Attribute copied) {
            copied(copied).ifPresent(name -> copies.put(column.exprId(), name));
          }
        }
      }
      // What a node makes without naming an expression, as LATERAL VIEW does.
      output(plan).forEach(column -> known.putIfAbsent(column.exprId(), all));
    }

    private void same(List<Attribute> columns, List<Attribute> others) {
      for (int i = 0; i < others.size(); i++) {
        ExprId column = columns.get(i).exprId();
        known.put(column, of(others.get(i)));
        copied(others.get(i)).ifPresent(name -> copies.put(column, name));
      }
    }

    /** Rows of several queries: a column of theirs has what each of them makes it of. */
    private void unite(List<Attribute> columns, List<Attribute> others) {
      for (int i = 0; i < others.size(); i++) {
        Set<String> names = new TreeSet<>(of(columns.get(i)));
        names.addAll(of(others.get(i)));
        known.put(columns.get(i).exprId(), names);
        if (!copied(columns.get(i)).equals(copied(others.get(i)))) {
          copies.remove(columns.get(i).exprId());
        }
      }
    }

    private Set<String> origins(Expression expression) {
      Set<String> names = new TreeSet<>();
      for (Attribute column : CollectionConverters.asJava(expression.references().toSeq())) {
        names.addAll(of(column));
      }
      return names;
    }
  }
}
