/** Checks of what the build delivers: the shaded jar and the launcher. */
@NullMarked
package io.sluice.packaging;

import org.jspecify.annotations.NullMarked;
