/**
 * Everything that knows Pulsar and nothing of Spark: clients, topics, positions, ledgers, reads.
 */
@NullMarked
package io.sluice.pulsar;

import org.jspecify.annotations.NullMarked;
