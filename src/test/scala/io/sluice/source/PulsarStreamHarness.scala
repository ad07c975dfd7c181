package io.sluice.source

import java.util.UUID
import java.util.concurrent.{CompletableFuture, TimeUnit}

import scala.jdk.CollectionConverters._

import io.sluice.pulsar.{Pos, Positions, TopicPartition}
import io.sluice.testing.PulsarBroker
import org.apache.pulsar.client.api.{MessageId, MessageIdAdv, MessageRoutingMode, Schema}
import org.apache.spark.SparkConf
import org.apache.spark.sql.DataFrame
import org.apache.spark.sql.connector.read.streaming.{Offset, SparkDataStream}
import org.apache.spark.sql.execution.datasources.v2.StreamingDataSourceV2ScanRelation
import org.apache.spark.sql.execution.streaming.runtime.StreamExecution
import org.apache.spark.sql.streaming.StreamTest

/**
 * Spark's own streaming test harness with a Pulsar broker behind it, as Spark's Kafka source has
 * it: one broker for a suite, and an action that publishes and says up to where a query must read.
 */
trait PulsarStreamHarness extends StreamTest {

  private var broker: PulsarBroker = _

  protected def pulsar: PulsarBroker = broker

  override protected def sparkConf: SparkConf =
    super.sparkConf.set("spark.sql.shuffle.partitions", "2")

  override protected def beforeAll(): Unit = {
    super.beforeAll()
    broker = PulsarBroker.started("conformance")
  }

  override def afterAll(): Unit =
    try {
      if (broker != null) broker.stop()
    } finally super.afterAll()

  /** The topics as a stream from their beginning, unless the options say otherwise. */
  protected def pulsarStream(options: (String, String)*): DataFrame =
    spark.readStream
      .format("pulsar")
      .option("service.url", pulsar.serviceUrl())
      .option("admin.url", pulsar.adminUrl())
      .option("startingOffsets", "earliest")
      .option("partitionDiscoveryIntervalMs", "1")
      .options(options.toMap)
      .load()

  /** Publishes each value as one entry, in order; a negative partition means no partition. */
  protected def publish(topic: String, partition: Int, values: Seq[String]): Unit = {
    val name = if (partition < 0) topic else s"$topic-partition-$partition"
    val producer = pulsar
      .client()
      .newProducer(Schema.STRING)
      .topic(name)
      .enableBatching(false)
      .messageRoutingMode(MessageRoutingMode.SinglePartition)
      .create()
    try {
      val sent = values.map(value => producer.sendAsync(value))
      CompletableFuture.allOf(sent: _*).get(30, TimeUnit.SECONDS)
    } finally producer.close()
  }

  /** The position behind the last entry of every partition, as the admin API tells it. */
  protected def tails(topics: Seq[String]): Positions = {
    val all = topics.flatMap { topic =>
      val count = partitions(topic)
      if (count == 0) Seq(new TopicPartition(topic, TopicPartition.NOT_PARTITIONED))
      else (0 until count).map(new TopicPartition(topic, _))
    }
    Positions.of(all.map(partition => partition -> tail(partition)).toMap.asJava)
  }

  private def partitions(topic: String): Int =
    pulsar.admin().topics().getPartitionedTopicMetadata(topic).partitions

  private def tail(partition: TopicPartition): Pos =
    pulsar.admin().topics().getLastMessageId(partition.fullName()) match {
      case last: MessageIdAdv if last.getEntryId >= 0 =>
        Pos.after(last.getLedgerId, last.getEntryId)
      case _: MessageId => Pos.EARLIEST
    }

  /**
   * Publishes numbers to a partition of a query's topic, which grows where it has no such partition
   * yet. What comes after it in a test waits until the query has read up to the topic's end.
   */
  protected case class AddPulsarData(topic: String, partition: Int, data: Int*) extends AddData {

    override def addData(query: Option[StreamExecution]): (SparkDataStream, Offset) = {
      if (partition >= partitions(topic)) {
        pulsar.admin().topics().updatePartitionedTopic(topic, partition + 1)
      }
      publish(topic, partition, data.map(_.toString))
      val sources = query.toSeq.flatMap(_.logicalPlan.collect {
        case StreamingDataSourceV2ScanRelation(_, _, _, source: PulsarMicroBatchStream, _, _) =>
          source
      })
      require(sources.nonEmpty, "no query with a Pulsar source has been started")
      val before = query.flatMap(_.availableOffsets.get(sources.head)).map(PulsarOffset.positionsOf)
      (sources.head, new PulsarOffset(withoutUnseen(tails(Seq(topic)), before)))
    }

    /** A partition that came after the query's start is part of its offset once it has entries. */
    private def withoutUnseen(tails: Positions, before: Option[Positions]): Positions =
      Positions.of(tails.byPartition.asScala.filter { case (partition, tail) =>
        !tail.isEarliest || before.forall(_.get(partition) != null)
      }.asJava)
  }

  protected def newTopic(partitions: Int): String =
    pulsar.createTopic("conformance-" + UUID.randomUUID().toString.substring(0, 4), partitions)
}
