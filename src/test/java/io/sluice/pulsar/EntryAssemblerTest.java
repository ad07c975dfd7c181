package io.sluice.pulsar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sluice.SluiceException;
import java.util.List;
import org.apache.pulsar.client.impl.BatchMessageIdImpl;
import org.apache.pulsar.client.impl.MessageIdImpl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Entries from single messages, in the orders that reconnects give. */
class EntryAssemblerTest {

  private final EntryAssembler<String> assembler =
      new EntryAssembler<>(new TopicPartition("persistent://t/n/a", 0));

  @Test
  void add_ofAMessageWithoutBatch_completesItsEntry() {
    assertThat(assembler.lastComplete()).isNull();
    assertThat(single(1, 0)).containsExactly("1:0");
    assertThat(assembler.lastComplete()).isEqualTo(new Pos(1, 0));
    assertThat(single(1, 4)).containsExactly("1:4");
  }

  @Test
  void add_ofABatch_completesItWithTheLastMessage() {
    assertThat(batched(1, 0, 0, 3)).isNull();
    assertThat(batched(1, 0, 1, 3)).isNull();
    assertThat(assembler.lastComplete()).isNull();
    assertThat(batched(1, 0, 2, 3)).containsExactly("1:0:0", "1:0:1", "1:0:2");
    assertThat(batched(1, 1, 0, 1)).containsExactly("1:1:0");
    assertThat(assembler.lastComplete()).isEqualTo(new Pos(1, 1));
  }

  @Test
  void add_ofMessagesThatComeAgain_dropsThem() {
    single(1, 0);
    batched(1, 1, 0, 3);
    batched(1, 1, 1, 3);

    assertThat(single(1, 0)).isNull();
    assertThat(batched(1, 1, 0, 3)).isNull();
    assertThat(batched(1, 1, 1, 3)).isNull();
    assertThat(batched(1, 1, 2, 3)).containsExactly("1:1:0", "1:1:1", "1:1:2");
    assertThat(batched(1, 1, 2, 3)).isNull();
    assertThat(single(1, 2)).containsExactly("1:2");
    assertThat(assembler.lastComplete()).isEqualTo(new Pos(1, 2));
  }

  @Test
  void add_whenAMessageOfABatchIsLeftOut_fails() {
    batched(1, 0, 0, 4);

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> batched(1, 0, 2, 4))
        .withMessageContaining("entry 1:0")
        .withMessageContaining("without message 1 of 4");
  }

  @Test
  void add_whenTheBeginningOfABatchIsLeftOut_fails() {
    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> batched(1, 0, 1, 2))
        .withMessageContaining("without message 0 of 2");
  }

  @Test
  void add_whenTheEndOfABatchIsLeftOut_fails() {
    batched(1, 0, 0, 2);

    assertThatExceptionOfType(SluiceException.class)
        .isThrownBy(() -> single(1, 1))
        .withMessageContaining("entry 1:0")
        .withMessageContaining("without message 1 of 2");
  }

  private @Nullable List<String> single(long ledger, long entry) {
    return assembler.add(new MessageIdImpl(ledger, entry, 0), ledger + ":" + entry);
  }

  private @Nullable List<String> batched(long ledger, long entry, int index, int size) {
    return assembler.add(
        new BatchMessageIdImpl(ledger, entry, 0, index, size, null),
        ledger + ":" + entry + ":" + index);
  }
}
