/**
 * Object stores: a file that only one of several writers creates, for Delta's log and checkpoints.
 */
@NullMarked
package io.sluice.storage;

import org.jspecify.annotations.NullMarked;
