package io.sluice.source;

import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.schema.SchemaDifference;
import io.sluice.schema.TypeMerge;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.types.StructType;

/** The payload columns of a source, from those of each of its topics. */
final class TopicColumns {

  private TopicColumns() {}

  /**
   * The columns that all topics have.
   *
   * @param byTopic at least one topic
   * @throws SluiceException UNSUPPORTED_SCHEMA naming two topics that differ
   */
  static StructType same(Map<String, StructType> byTopic) {
    Map<StructType, String> distinct = distinct(byTopic);
    if (distinct.size() > 1) {
      var two = distinct.entrySet().iterator();
      Map.Entry<StructType, String> one = two.next();
      Map.Entry<StructType, String> other = two.next();
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "The topics of one source must have the same columns, but "
              + one.getValue()
              + " has "
              + one.getKey().simpleString()
              + " and "
              + other.getValue()
              + " has "
              + other.getKey().simpleString()
              + ". Set topicSchemas=merge, or read them as separate sources or with"
              + " payload=bytes");
    }
    return distinct.keySet().iterator().next();
  }

  /**
   * The columns of all topics, merged by name, in the order of the topics.
   *
   * @param byTopic at least one topic
   * @throws SluiceException UNSUPPORTED_SCHEMA naming two topics and a field that no type holds the
   *     values of both of
   */
  static StructType merged(Map<String, StructType> byTopic) {
    Map<StructType, String> distinct = distinct(byTopic);
    Map<StructType, String> before = new LinkedHashMap<>();
    StructType columns = new StructType();
    for (Map.Entry<StructType, String> each : distinct.entrySet()) {
      before.forEach((type, topic) -> refuseConflict(topic, type, each.getValue(), each.getKey()));
      columns = TypeMerge.columns(columns, each.getKey());
      before.put(each.getKey(), each.getValue());
    }
    return columns;
  }

  private static void refuseConflict(
      String topic, StructType type, String otherTopic, StructType otherType) {
    SchemaDifference.between(type, otherType)
        .incompatible()
        .ifPresent(
            field -> {
              throw new SluiceException(
                  Condition.UNSUPPORTED_SCHEMA,
                  "No type holds field `"
                      + field.path()
                      + "` of both topics: "
                      + topic
                      + " has "
                      + field.from().simpleString()
                      + " and "
                      + otherTopic
                      + " has "
                      + field.to().simpleString()
                      + ". Read them as separate sources, or with payload=bytes");
            });
  }

  /** Each set of columns once, with the first topic that has it. */
  private static Map<StructType, String> distinct(Map<String, StructType> byTopic) {
    Map<StructType, String> distinct = new LinkedHashMap<>();
    byTopic.forEach((topic, type) -> distinct.putIfAbsent(type, topic));
    return distinct;
  }
}
