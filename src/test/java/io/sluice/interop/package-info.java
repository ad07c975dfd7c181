/**
 * Sluice among the programs of others: real databases, Debezium Server and DuckDB, each a process
 * on loopback. Only the Maven profile {@code interop} runs these tests.
 */
@NullMarked
package io.sluice.interop;

import org.jspecify.annotations.NullMarked;
