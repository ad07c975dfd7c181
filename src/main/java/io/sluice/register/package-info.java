/** Tables made known to query engines: by which statements, and what an engine knows already. */
@NullMarked
package io.sluice.register;

import org.jspecify.annotations.NullMarked;
