/**
 * The demonstration: real flights, and a publisher of them that is a Pulsar client like any user's.
 */
@NullMarked
package io.sluice.quickstart;

import org.jspecify.annotations.NullMarked;
