/** The benchmarks behind docs/benchmarks.md; {@code bench/source} runs them. */
@NullMarked
package io.sluice.bench;

import org.jspecify.annotations.NullMarked;
