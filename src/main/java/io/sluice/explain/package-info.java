/** Why a row is what it is: the messages of its key, judged by the rules of the merge. */
@NullMarked
package io.sluice.explain;

import org.jspecify.annotations.NullMarked;
