/** What every package may use: the named failures and the fault points of the crash tests. */
@NullMarked
package io.sluice;

import org.jspecify.annotations.NullMarked;
