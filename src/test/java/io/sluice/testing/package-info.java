/** The one test harness: a real broker, a local Spark, temporary lakes, network faults. */
@NullMarked
package io.sluice.testing;

import org.jspecify.annotations.NullMarked;
