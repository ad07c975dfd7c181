package org.apache.pulsar.client.impl;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pulsar.client.api.Consumer;
import org.apache.pulsar.client.api.MessageId;
import org.apache.pulsar.client.api.MessageIdAdv;
import org.apache.pulsar.client.api.PulsarClient;
import org.apache.pulsar.client.api.PulsarClientException;
import org.apache.pulsar.client.api.Schema;
import org.apache.pulsar.client.api.SubscriptionInitialPosition;
import org.apache.pulsar.client.api.SubscriptionMode;
import org.apache.pulsar.client.api.SubscriptionType;
import org.apache.pulsar.client.impl.conf.ConsumerConfigurationData;
import org.apache.pulsar.common.api.proto.CommandAck.AckType;
import org.apache.pulsar.common.api.proto.CommandGetLastMessageIdResponse;
import org.apache.pulsar.common.api.proto.MessageIdData;
import org.apache.pulsar.common.naming.TopicName;
import org.apache.pulsar.common.protocol.Commands;

/**
 * A consumer of one topic partition that never creates the topic, and that can ask the broker for
 * the tail together with the place its own cursor has been marked deleted up to.
 *
 * <p>Neither can be had from the public client: its builders let the broker create a missing topic
 * at every reconnect, and {@code getLastMessageIds} drops the mark-delete position from the
 * broker's answer. The class lives in this package because the consumer's id is package-private.
 */
public class TopicConsumer extends ConsumerImpl<byte[]> {

  /**
   * Whether the JVM holds this class to be of the client's own package: it has the same name, but a
   * package of another class loader is another package.
   */
  public static final boolean INSIDE_CLIENT =
      TopicConsumer.class.getClassLoader() == ConsumerImpl.class.getClassLoader();

  /**
   * What the broker knows of a topic partition and of this consumer's cursor.
   *
   * @param lastLedger the ledger of the last entry that can be delivered, -1 if there is none
   * @param lastEntry the last entry that can be delivered, -1 if there is none
   * @param markDeleteLedger the ledger up to which the cursor is marked deleted, -1 if unknown
   * @param markDeleteEntry the entry up to which the cursor is marked deleted, -1 if unknown
   */
  public record Tail(
      long lastLedger, long lastEntry, long markDeleteLedger, long markDeleteEntry) {}

  private final PulsarClientImpl pulsarClient;

  TopicConsumer(
      PulsarClientImpl client,
      String topic,
      ConsumerConfigurationData<byte[]> conf,
      CompletableFuture<Consumer<byte[]>> subscribed,
      MessageId start) {
    super(
        client,
        topic,
        conf,
        client.externalExecutorProvider(),
        TopicName.getPartitionIndex(topic),
        /* hasParentConsumer= */ false,
        /* parentConsumerHasListener= */ false,
        subscribed,
        start,
        /* startMessageRollbackDurationInSec= */ 0,
        Schema.BYTES,
        /* interceptors= */ null,
        /* createTopicIfDoesNotExist= */ false);
    this.pulsarClient = client;
  }

  /**
   * Opens a durable subscription, made at the oldest entry if it does not exist, that receives
   * nothing: it only answers {@link #tail} and takes acknowledgements.
   *
   * <p>Failover, so that a successor of a crashed process connects at once.
   */
  public static CompletableFuture<TopicConsumer> openCursor(
      PulsarClient client, String topic, String subscription) {
    ConsumerConfigurationData<byte[]> conf = configuration(topic, subscription, 1);
    conf.setSubscriptionType(SubscriptionType.Failover);
    conf.setSubscriptionMode(SubscriptionMode.Durable);
    conf.setSubscriptionInitialPosition(SubscriptionInitialPosition.Earliest);
    conf.setAckReceiptEnabled(true);
    conf.setStartPaused(true);
    return open(client, topic, conf, null);
  }

  /**
   * Opens a non-durable subscription that delivers from the given entry on.
   *
   * @param queueSize how many messages the client may hold that were not asked for yet; 0 to
   *     receive nothing and only ask for the {@link #tail}
   */
  public static CompletableFuture<TopicConsumer> openReader(
      PulsarClient client, String topic, String subscription, MessageId start, int queueSize) {
    ConsumerConfigurationData<byte[]> conf =
        configuration(topic, subscription, Math.max(1, queueSize));
    conf.setSubscriptionType(SubscriptionType.Exclusive);
    conf.setSubscriptionMode(SubscriptionMode.NonDurable);
    conf.setResetIncludeHead(true);
    conf.setStartPaused(queueSize == 0);
    return open(client, topic, conf, start);
  }

  static ConsumerConfigurationData<byte[]> configuration(
      String topic, String subscription, int queueSize) {
    ConsumerConfigurationData<byte[]> conf = new ConsumerConfigurationData<>();
    conf.getTopicNames().add(topic);
    conf.setSubscriptionName(subscription);
    conf.setReceiverQueueSize(queueSize);
    conf.setAcknowledgementsGroupTimeMicros(0);
    conf.setBatchReceivePolicy(
        org.apache.pulsar.client.api.BatchReceivePolicy.builder()
            .timeout(0, TimeUnit.MILLISECONDS)
            .maxNumMessages(1)
            .build());
    return conf;
  }

  private static CompletableFuture<TopicConsumer> open(
      PulsarClient client, String topic, ConsumerConfigurationData<byte[]> conf, MessageId start) {
    CompletableFuture<Consumer<byte[]>> subscribed = new CompletableFuture<>();
    TopicConsumer consumer =
        new TopicConsumer((PulsarClientImpl) client, topic, conf, subscribed, start);
    return subscribed.thenApply(connected -> consumer);
  }

  /**
   * Asks the broker for the last deliverable entry and for this cursor's mark-delete position,
   * which stays unknown outside the client's package.
   */
  public CompletableFuture<Tail> tail() {
    if (!INSIDE_CLIENT) {
      return getLastMessageIdsAsync()
          .thenApply(
              last -> {
                MessageIdAdv id = (MessageIdAdv) last.get(0);
                return new Tail(id.getLedgerId(), id.getEntryId(), -1, -1);
              });
    }
    ClientCnx connection = getClientCnx();
    if (connection == null || !isConnected(connection)) {
      return CompletableFuture.failedFuture(
          new PulsarClientException.ConnectException("Not connected to the broker of " + topic));
    }
    long requestId = pulsarClient.newRequestId();
    return connection
        .sendGetLastMessageId(Commands.newGetLastMessageId(consumerId, requestId), requestId)
        .thenApply(TopicConsumer::tailOf);
  }

  /**
   * Acknowledges everything up to an entry, whether or not it was received here.
   *
   * @param properties what the broker keeps with the cursor's new place
   */
  public CompletableFuture<Void> acknowledgeUpTo(
      long ledger, long entry, Map<String, Long> properties) {
    return doAcknowledge(
        new MessageIdImpl(ledger, entry, getPartitionIndex()),
        AckType.Cumulative,
        properties,
        /* txn= */ null);
  }

  private static Tail tailOf(CommandGetLastMessageIdResponse answer) {
    MessageIdData last = answer.getLastMessageId();
    if (!answer.hasConsumerMarkDeletePosition()) {
      return new Tail(id(last.getLedgerId()), id(last.getEntryId()), -1, -1);
    }
    MessageIdData marked = answer.getConsumerMarkDeletePosition();
    return new Tail(
        id(last.getLedgerId()),
        id(last.getEntryId()),
        id(marked.getLedgerId()),
        id(marked.getEntryId()));
  }

  /** Ids travel as unsigned numbers; "none" is -1 whichever way it is widened. */
  private static long id(long wire) {
    return Math.max(wire, -1);
  }
}
