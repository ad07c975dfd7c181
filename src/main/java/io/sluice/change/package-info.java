/** Change events of databases, as they lie in topics, in one normal form. */
@NullMarked
package io.sluice.change;

import org.jspecify.annotations.NullMarked;
