package io.sluice.delta;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AppIdTest {

  @Test
  void toString_isThePathOfJobEpochAndStep() {
    assertThat(new AppId("orders", "e-1", "append")).hasToString("sluice/orders/e-1/append");
  }

  @Test
  void parse_ownId_isTheSame() {
    AppId id = new AppId("orders", "e-1", "append");
    assertThat(AppId.parse(id.toString())).contains(id);
  }

  @Test
  void parse_idOfAnotherWriter_isEmpty() {
    assertThat(AppId.parse("5f0c7a3e-6f2f-4c2b-9b3a-0d6d0f3b7c11")).isEmpty();
    assertThat(AppId.parse("other/orders/e-1/append")).isEmpty();
    assertThat(AppId.parse("sluice/orders/e-1")).isEmpty();
  }
}
