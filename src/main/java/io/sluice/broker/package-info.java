/** A private Pulsar server as a child process, for the quickstart and the tests. */
@NullMarked
package io.sluice.broker;

import org.jspecify.annotations.NullMarked;
