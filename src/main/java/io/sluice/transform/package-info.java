/** What happens to rows between source and table: one class per kind of step. */
@NullMarked
package io.sluice.transform;

import org.jspecify.annotations.NullMarked;
