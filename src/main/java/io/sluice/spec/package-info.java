/** The text of a job: its values, and the parser that reports every problem with its position. */
@NullMarked
package io.sluice.spec;

import org.jspecify.annotations.NullMarked;
