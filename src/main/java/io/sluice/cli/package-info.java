/** The commands: each parses its arguments, prints its answer and returns a documented code. */
@NullMarked
package io.sluice.cli;

import org.jspecify.annotations.NullMarked;
