package io.sluice.pulsar;

import io.sluice.Condition;
import io.sluice.SluiceException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Fails on lost data, or records it once and goes on, as {@code failOnDataLoss} says. */
final class LossReport {

  private static final Logger LOG = LoggerFactory.getLogger(LossReport.class);

  private record Place(TopicPartition partition, Pos from) {}

  private final boolean fail;
  private final Set<Place> recorded = ConcurrentHashMap.newKeySet();

  LossReport(PulsarOptions options) {
    this.fail = options.failOnDataLoss();
  }

  /**
   * Reports a loss; one that begins at the same position was reported already.
   *
   * @throws SluiceException DATA_LOSS if the options say to fail
   */
  void report(DataLoss loss) {
    if (fail) {
      throw new SluiceException(Condition.DATA_LOSS, loss + ". " + loss.remedy());
    }
    if (recorded.add(new Place(loss.partition(), loss.from()))) {
      LOG.warn("Data loss, going on as failOnDataLoss=false says: {}", loss);
    }
  }

  /** How many losses were recorded. */
  long events() {
    return recorded.size();
  }
}
