/** What keeps tables quick to read and small to keep: when a rewrite pays, and what was done. */
@NullMarked
package io.sluice.maintain;

import org.jspecify.annotations.NullMarked;
