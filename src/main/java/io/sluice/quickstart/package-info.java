/**
 * The demonstrations: real flights and recorded changes of a database, and publishers of them that
 * are Pulsar clients like any user's.
 */
@NullMarked
package io.sluice.quickstart;

import org.jspecify.annotations.NullMarked;
