package io.sluice.transform;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTableValuedFunction;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Nondeterministic;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ParsedStatement;
import org.apache.spark.sql.catalyst.plans.logical.ScriptTransformation;
import org.apache.spark.sql.catalyst.plans.logical.UnresolvedWith;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What a job's SQL must not do: change anything, run code or programs, read anything but the job's
 * own rows, give another answer when it is asked again, or remember rows from batch to batch.
 */
final class SqlGuard {

  private static final Set<String> CODE = Set.of("reflect", "java_method", "try_reflect");

  private static final Set<String> ROW_FUNCTIONS =
      Set.of(
          "explode",
          "explode_outer",
          "posexplode",
          "posexplode_outer",
          "inline",
          "inline_outer",
          "stack",
          "json_tuple",
          "variant_explode",
          "variant_explode_outer",
          "range");

  private SqlGuard() {}

  /** The reason to refuse a parsed text; null when there is none. */
  static @Nullable String objection(LogicalPlan parsed) {
    List<QueryPlan<?>> plans = new ArrayList<>();
    List<Expression> expressions = new ArrayList<>();
    collect(parsed, plans, expressions);
    Set<String> readable = new HashSet<>(Set.of(SqlStep.INPUT));
    for (QueryPlan<?> plan : plans) {
      if (plan instanceof UnresolvedWith with) {
        CollectionConverters.asJava(with.cteRelations())
            .forEach(relation -> readable.add(lower(relation._1())));
      }
    }
    for (QueryPlan<?> plan : plans) {
      String objection = objection(plan, readable);
      if (objection != null) {
        return objection;
      }
    }
    for (Expression expression : expressions) {
      if (expression instanceof UnresolvedFunction function) {
        String name = last(CollectionConverters.asJava(function.nameParts()));
        if (CODE.contains(name)) {
          return "the function %s calls arbitrary Java code; write the logic in SQL"
              .formatted(name);
        }
      }
    }
    return null;
  }

  /** The reason to refuse an analysed text for answers that change; null when there is none. */
  static @Nullable String randomness(LogicalPlan analyzed) {
    List<Expression> expressions = new ArrayList<>();
    collect(analyzed, new ArrayList<>(), expressions);
    for (Expression expression : expressions) {
      if (expression instanceof Nondeterministic) {
        return "%s gives another answer each time; after a crash a batch is computed again and has to give the same rows. Derive the value from the message"
            .formatted(expression.sql());
      }
    }
    return null;
  }

  /**
   * The reason to refuse a query over a stream because it would have to remember rows of other
   * batches; null when there is none.
   *
   * @param optimized as Spark runs it, where each reading of the stream is a leaf of its own
   */
  static @Nullable String memory(LogicalPlan optimized) {
    List<QueryPlan<?>> plans = new ArrayList<>();
    collect(optimized, plans, new ArrayList<>());
    int readings = 0;
    for (QueryPlan<?> plan : plans) {
      if (plan instanceof Aggregate aggregate && aggregate.isStreaming()) {
        return "it aggregates rows of all batches; a step looks at one row at a time";
      }
      if (plan instanceof LogicalPlan leaf && leaf.isStreaming() && leaf.children().isEmpty()) {
        readings++;
      }
    }
    return readings > 1
        ? "it reads `%s` twice, and each reading would have messages of its own; a step looks at one row at a time"
            .formatted(SqlStep.INPUT)
        : null;
  }

  private static @Nullable String objection(QueryPlan<?> plan, Set<String> readable) {
    if (plan instanceof Command || plan instanceof ParsedStatement) {
      return "it is a statement that changes something; a step is one SELECT";
    }
    if (plan instanceof ScriptTransformation) {
      return "TRANSFORM runs a program; write the logic in SQL";
    }
    if (plan instanceof UnresolvedRelation relation) {
      List<String> name = CollectionConverters.asJava(relation.multipartIdentifier());
      if (name.size() != 1 || !readable.contains(lower(name.get(0)))) {
        return "it reads `%s`; a step reads from `%s` and from its own WITH clauses"
            .formatted(String.join(".", name), SqlStep.INPUT);
      }
    }
    if (plan instanceof UnresolvedTableValuedFunction function) {
      String name = last(CollectionConverters.asJava(function.name()));
      if (!ROW_FUNCTIONS.contains(name)) {
        return "it reads from the function %s; a step reads from `%s`"
            .formatted(name, SqlStep.INPUT);
      }
    }
    return null;
  }

  /** Everything in a plan: its parts, its subqueries, and the expressions of them all. */
  private static void collect(
      QueryPlan<?> plan, List<QueryPlan<?>> plans, List<Expression> expressions) {
    plans.add(plan);
    CollectionConverters.asJava(plan.expressions()).forEach(e -> collect(e, plans, expressions));
    CollectionConverters.asJava(plan.innerChildren()).forEach(p -> collect(p, plans, expressions));
    CollectionConverters.asJava(plan.children())
        .forEach(child -> collect((QueryPlan<?>) child, plans, expressions));
  }

  private static void collect(
      Expression expression, List<QueryPlan<?>> plans, List<Expression> expressions) {
    expressions.add(expression);
    if (expression instanceof SubqueryExpression subquery) {
      collect(subquery.plan(), plans, expressions);
    }
    CollectionConverters.asJava(expression.children()).forEach(e -> collect(e, plans, expressions));
  }

  private static String last(List<String> name) {
    return lower(name.get(name.size() - 1));
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
