/** The table side of a job: create it, append to it exactly once, and know what it holds. */
@NullMarked
package io.sluice.delta;

import org.jspecify.annotations.NullMarked;
