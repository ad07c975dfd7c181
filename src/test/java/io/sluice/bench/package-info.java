/**
 * The benchmarks behind docs/benchmarks.md; {@code bench/source} and {@code bench/idle} run them.
 */
@NullMarked
package io.sluice.bench;

import org.jspecify.annotations.NullMarked;
