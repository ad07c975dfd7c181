/** Pulsar schemas as Spark types, and message bytes as rows, by the writer's schema version. */
@NullMarked
package io.sluice.schema;

import org.jspecify.annotations.NullMarked;
