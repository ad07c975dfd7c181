package io.sluice.spec;

/**
 * A word that stands for a value.
 *
 * @param text the word
 * @param value the value
 * @param <T> the value's type
 */
record Word<T>(String text, T value) {}
