/**
 * The benchmarks behind docs/benchmarks.md; {@code bench/source}, {@code bench/merge}, {@code
 * bench/idle} and {@code bench/heap} run them.
 */
@NullMarked
package io.sluice.bench;

import org.jspecify.annotations.NullMarked;
