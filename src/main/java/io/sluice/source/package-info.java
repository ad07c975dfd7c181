/** The read side of {@code format("pulsar")}: scans, offsets, admission, splits, rows. */
@NullMarked
package io.sluice.source;

import org.jspecify.annotations.NullMarked;
