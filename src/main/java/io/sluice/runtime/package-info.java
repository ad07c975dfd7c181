/** A job made to run: planned, identified, started, watched and stopped. */
@NullMarked
package io.sluice.runtime;

import org.jspecify.annotations.NullMarked;
