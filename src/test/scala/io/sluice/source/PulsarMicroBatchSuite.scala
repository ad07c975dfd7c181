package io.sluice.source

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths}
import java.util.concurrent.atomic.{AtomicBoolean, AtomicInteger}

import scala.jdk.CollectionConverters._

import org.apache.spark.SparkException
import org.apache.spark.sql.{Dataset, Row}
import org.apache.spark.sql.functions.{col, count}
import org.apache.spark.sql.streaming.Trigger
import org.apache.spark.sql.streaming.util.StreamManualClock
import org.apache.spark.sql.types.StringType

/** What Spark asks of a streaming source, after the suites of its own Kafka source. */
class PulsarMicroBatchSuite extends PulsarStreamHarness {

  import testImplicits._

  /** The numbers in the topics, each with one added, as Spark's own suites do it. */
  private def numbers(options: (String, String)*): Dataset[Int] =
    pulsarStream(options :+ "payload" -> "string": _*).select("value").as[String].map(_.toInt + 1)

  test("data added while a query runs is read; a stopped query reads on where it was") {
    val topic = newTopic(3)
    testStream(numbers("topic" -> topic))(
      AddPulsarData(topic, 0, 1, 2, 3),
      CheckAnswer(2, 3, 4),
      StopStream,
      StartStream(),
      CheckAnswer(2, 3, 4),
      StopStream,
      AddPulsarData(topic, 1, 4, 5),
      AddPulsarData(topic, 2, 6),
      StartStream(),
      CheckAnswer(2, 3, 4, 5, 6, 7),
      AddPulsarData(topic, 0, 7),
      CheckAnswer(2, 3, 4, 5, 6, 7, 8)
    )
  }

  test("latest: what was there before the first start is left out, also by a restart") {
    val topic = newTopic(2)
    publish(topic, 0, Seq("-20", "-21"))
    testStream(numbers("topic" -> topic, "startingOffsets" -> "latest"))(
      ProcessAllAvailable(),
      CheckAnswer(),
      StopStream,
      AddPulsarData(topic, 0, 1),
      StartStream(),
      AddPulsarData(topic, 1, 2),
      CheckAnswer(2, 3)
    )
  }

  test("a topic without partitions") {
    val topic = newTopic(0)
    testStream(numbers("topic" -> topic))(
      AddPulsarData(topic, -1, 1, 2),
      CheckAnswer(2, 3),
      StopStream,
      AddPulsarData(topic, -1, 3),
      StartStream(),
      CheckAnswer(2, 3, 4)
    )
  }

  test("AvailableNow reads in limited batches what was there at its start, and no more") {
    val topic = newTopic(2)
    publish(topic, 0, (1 to 6).map(_.toString))
    publish(topic, 1, (7 to 12).map(_.toString))
    val sizes = new AtomicInteger
    val seen = java.util.Collections.synchronizedList(new java.util.ArrayList[Int])
    withTempDir { checkpoint =>
      def run(): Unit = {
        val query = numbers("topic" -> topic, "maxRowsPerTrigger" -> "4").writeStream
          .option("checkpointLocation", checkpoint.getAbsolutePath)
          .trigger(Trigger.AvailableNow())
          .foreachBatch { (batch: Dataset[Int], _: Long) =>
            val rows = batch.collect()
            assert(rows.length <= 4)
            if (sizes.getAndIncrement() == 0) publish(topic, 0, Seq("100"))
            seen.addAll(rows.toSeq.asJava)
            ()
          }
          .start()
        assert(query.awaitTermination(streamingTimeout.toMillis))
      }
      run()
      assert(seen.asScala.sorted == (2 to 13))
      assert(sizes.get == 3)
      run()
      assert(seen.asScala.sorted == (2 to 13) :+ 101)
    }
  }

  test("maxRowsPerTrigger holds for every batch, and no row waits for ever") {
    val topic = newTopic(3)
    publish(topic, 0, (1 to 12).map(_.toString))
    publish(topic, 1, Seq("13"))
    publish(topic, 2, Seq("14", "15"))
    val clock = new StreamManualClock
    val ticks = Seq.fill(4)(
      Seq(
        AdvanceManualClock(100),
        AssertOnQuery("the batch stays within its limit") { query =>
          eventually(timeout(streamingTimeout))(assert(clock.isStreamWaitingAt(clock.getTimeMillis())))
          Option(query.lastProgress).forall(_.numInputRows <= 5)
        }
      )
    ).flatten
    val start: Seq[StreamAction] = Seq(StartStream(Trigger.ProcessingTime(100), clock))
    val check: Seq[StreamAction] = Seq(CheckAnswer(2 to 16: _*), StopStream)
    testStream(numbers("topic" -> topic, "maxRowsPerTrigger" -> "5"))(start ++ ticks ++ check: _*)
  }

  test("maxBytesPerTrigger cuts a backlog into batches, none of them empty") {
    val topic = newTopic(2)
    publish(topic, 0, (1 to 20).map(_.toString))
    publish(topic, 1, (21 to 40).map(_.toString))
    testStream(numbers("topic" -> topic, "maxBytesPerTrigger" -> "300"))(
      ProcessAllAvailable(),
      CheckAnswer(2 to 41: _*),
      AssertOnQuery("several batches, each with something to read") { query =>
        val sizes = query.recentProgress.map(_.numInputRows).filter(_ > 0)
        sizes.length > 2 && sizes.sum == 40
      }
    )
  }

  test("a batch that fails in its middle is read again, the same") {
    val topic = newTopic(2)
    val broken = PulsarMicroBatchSuite.broken
    broken.set(true)
    val numbered = numbers("topic" -> topic).map { number =>
      if (number == 6 && PulsarMicroBatchSuite.broken.get) sys.error("planted")
      number
    }
    testStream(numbered)(
      AddPulsarData(topic, 0, 1, 2),
      CheckAnswer(2, 3),
      StreamProgressLockedActions(
        Seq(AddPulsarData(topic, 0, 3, 4, 5, 6), AddPulsarData(topic, 1, 7))
      ),
      ExpectFailure[SparkException](failure => assert(failure.toString.contains("planted"))),
      Execute(_ => publish(topic, 1, Seq("8"))),
      Assert("repaired")(broken.set(false)),
      StartStream(),
      AddPulsarData(topic, 1, 9),
      CheckAnswer(2 to 10: _*)
    )
  }

  test("partitions added while a query runs, and while it is stopped") {
    val topic = newTopic(1)
    testStream(numbers("topic" -> topic))(
      AddPulsarData(topic, 0, 1),
      CheckAnswer(2),
      AddPulsarData(topic, 2, 2),
      CheckAnswer(2, 3),
      StopStream,
      AddPulsarData(topic, 3, 3),
      StartStream(),
      CheckAnswer(2, 3, 4)
    )
  }

  test("stress: data, starts, stops and new partitions in any order") {
    val topic = newTopic(2)
    var partitions = 2
    runStressTest(
      numbers("topic" -> topic),
      Seq(ProcessAllAvailable()),
      (data, _) => {
        if (data.length > 7) partitions += 1
        AddPulsarData(topic, scala.util.Random.nextInt(partitions), data: _*)
      },
      iterations = 30
    )
  }

  test("a checkpoint of the first form of the offsets is continued") {
    val topic = newTopic(2)
    publish(topic, 0, Seq("1", "2", "3"))
    publish(topic, 1, Seq("4", "5"))
    withTempDir { directory =>
      val ledgers = tails(Seq(topic)).byPartition.asScala.map { case (partition, position) =>
        s"@LEDGER${partition.partition}@" -> position.ledger.toString
      }
      copyCheckpoint("offsets-v1", directory.toPath, ledgers.toMap + ("@TOPIC@" -> topic))
      testStream(numbers("topic" -> topic))(
        StartStream(checkpointLocation = directory.getAbsolutePath),
        ProcessAllAvailable(),
        CheckAnswer(4, 5, 6),
        AddPulsarData(topic, 1, 6),
        CheckAnswer(4, 5, 6, 7)
      )
    }
  }

  test("the columns of a topic, with Spark's types") {
    val topic = newTopic(1)
    publish(topic, 0, Seq("1"))
    val frame = pulsarStream("topic" -> topic)
    assert(frame.isStreaming)
    assert(frame.schema("value").dataType == StringType)
    assert(
      frame.schema.fieldNames.toSeq.tail ==
        MetadataColumn.values().map(_.columnName()).takeWhile(_ != "__error").toSeq)
    assert(
      pulsarStream("topic" -> topic, "includeMetadata" -> "false").schema.fieldNames.toSeq ==
        Seq("value"))
  }

  test("a topic that appears later under a pattern is read from its beginning") {
    val namespace = pulsar.uniqueNamespace()
    val first = s"persistent://$namespace/orders-1"
    val second = s"persistent://$namespace/orders-2"
    pulsar.admin().topics().createPartitionedTopic(first, 1)
    publish(first, 0, Seq("1"))
    testStream(
      numbers("topicsPattern" -> s"persistent://$namespace/orders-.*"))(
      ProcessAllAvailable(),
      CheckAnswer(2),
      Assert("another topic") {
        pulsar.admin().topics().createPartitionedTopic(second, 2)
        publish(second, 1, Seq("2"))
      },
      ProcessAllAvailable(),
      CheckAnswer(2, 3)
    )
  }

  test("a stream united with itself reads every row twice") {
    val topic = newTopic(2)
    val once = numbers("topic" -> topic)
    testStream(once.union(once))(
      ProcessAllAvailable(),
      Execute(_ => publish(topic, 0, Seq("1", "2"))),
      Execute(_ => publish(topic, 1, Seq("3"))),
      ProcessAllAvailable(),
      CheckAnswer(2, 2, 3, 3, 4, 4)
    )
  }

  test("a stream joined with itself has one offset in the log and counts its rows once") {
    val topic = newTopic(2)
    val left = numbers("topic" -> topic).toDF("number")
    val right = left.withColumnRenamed("number", "other")
    testStream(left.join(right, col("number") === col("other")))(
      ProcessAllAvailable(),
      AddPulsarData(topic, 0, 1, 2),
      CheckAnswer((2, 2), (3, 3)),
      AssertOnQuery("one offset") { query =>
        query.availableOffsets.iterator.size == 1
      },
      AssertOnQuery("rows counted once") { query =>
        query.recentProgress.map(_.numInputRows).sum == 2
      }
    )
  }

  test("the progress tells rows, offsets and what is left") {
    val topic = newTopic(2)
    testStream(numbers("topic" -> topic))(
      AddPulsarData(topic, 0, 1, 2, 3),
      CheckAnswer(2, 3, 4),
      AssertOnQuery("rows read and end offset") { query =>
        val progress = query.recentProgress.filter(_.numInputRows > 0).last
        val source = progress.sources.head
        progress.numInputRows == 3 && source.endOffset == source.latestOffset &&
        source.endOffset == tails(Seq(topic)).toJson
      }
    )
  }

  test("counting needs no column of the source") {
    val topic = newTopic(2)
    val counted = pulsarStream("topic" -> topic).agg(count("*")).as[Long]
    testStream(counted, org.apache.spark.sql.streaming.OutputMode.Complete())(
      AddPulsarData(topic, 0, 1, 2, 3),
      CheckLastBatch(Row(3L)),
      AddPulsarData(topic, 1, 4),
      CheckLastBatch(Row(4L))
    )
  }

  private def copyCheckpoint(name: String, to: Path, names: Map[String, String]): Unit = {
    val from = Paths.get(getClass.getResource(s"/checkpoints/$name").toURI)
    val files = Files.walk(from)
    try
      files.filter(Files.isRegularFile(_)).forEach { file =>
        val copy = to.resolve(from.relativize(file).toString)
        Files.createDirectories(copy.getParent)
        val text = names.foldLeft(Files.readString(file, UTF_8)) { case (all, (key, value)) =>
          all.replace(key, value)
        }
        Files.writeString(copy, text, UTF_8)
        ()
      }
    finally files.close()
  }
}

/** What tasks see of the test, in one JVM. */
object PulsarMicroBatchSuite {
  val broken = new AtomicBoolean
}
