/** The door for Spark: {@code format("pulsar")}. */
@NullMarked
package io.sluice.connector;

import org.jspecify.annotations.NullMarked;
