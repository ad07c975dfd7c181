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
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.expressions.ExprId;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.functions;
import scala.jdk.javaapi.CollectionConverters;

/** Which columns of its input each column of a query's result is made of. */
public final class ColumnLineage {

  private final Map<String, Set<String>> columns;

  private ColumnLineage(Map<String, Set<String>> columns) {
    this.columns = columns;
  }

  /**
   * Follows the columns of a result back to those of an input.
   *
   * @param input the rows that a query reads
   * @param result the rows that it gives; what is between the two is a query or several
   */
  public static ColumnLineage of(Dataset<Row> input, Dataset<Row> result) {
    var origins = new Origins();
    output(analyzed(input)).forEach(column -> origins.add(column, Set.of(column.name())));
    LogicalPlan plan = analyzed(result);
    origins.visit(plan);
    Map<String, Set<String>> columns = new LinkedHashMap<>();
    output(plan).forEach(column -> columns.put(column.name(), origins.of(column)));
    return new ColumnLineage(columns);
  }

  /**
   * By each column of the result, the columns of the input whose values its own depends on; none
   * for a constant.
   */
  Map<String, Set<String>> columns() {
    return columns;
  }

  /** Whether a column of the result is the column of the same name of the input. */
  public boolean isUnchanged(String name) {
    return columns.entrySet().stream()
        .anyMatch(
            column ->
                column.getKey().equalsIgnoreCase(name)
                    && column.getValue().stream().allMatch(name::equalsIgnoreCase)
                    && column.getValue().size() == 1);
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

    private final Map<ExprId, Set<String>> known = new HashMap<>();
    private final Map<Long, List<Attribute>> named = new HashMap<>();

    void add(NamedExpression column, Set<String> names) {
      known.putIfAbsent(column.exprId(), names);
    }

    Set<String> of(NamedExpression column) {
      return known.getOrDefault(column.exprId(), Set.of());
    }

    void visit(LogicalPlan plan) {
      CollectionConverters.asJava(plan.children()).forEach(this::visit);
      if (plan instanceof CTERelationDef definition) {
        named.put(definition.id(), output(definition));
      }
      if (plan instanceof CTERelationRef reference && named.containsKey(reference.cteId())) {
        List<Attribute> columns = named.get(reference.cteId());
        List<Attribute> here = output(reference);
        for (int i = 0; i < here.size(); i++) {
          add(here.get(i), of(columns.get(i)));
        }
      }
      Set<String> all = new TreeSet<>();
      for (Expression expression : CollectionConverters.asJava(plan.expressions())) {
        Set<String> names = origins(expression);
        all.addAll(names);
        if (expression instanceof NamedExpression column && !(column instanceof Attribute)) {
          add(column, names);
        }
      }
      // What a node makes without naming an expression, as LATERAL VIEW does.
      output(plan).forEach(column -> add(column, all));
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
