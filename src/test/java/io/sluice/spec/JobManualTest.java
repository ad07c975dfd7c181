package io.sluice.spec;

import io.sluice.testing.KeptFile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What editors and readers are told about a job is what the parser does. */
class JobManualTest {

  @Test
  void schema_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(
        Path.of("conf/job.schema.json"), JobManual.schema(), JobManualTest.class);
  }

  @Test
  void referencePage_isUpToDate() throws IOException {
    KeptFile.assertUpToDate(
        Path.of("docs/reference/job.md"), JobManual.page(), JobManualTest.class);
  }
}
