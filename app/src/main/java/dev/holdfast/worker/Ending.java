package dev.holdfast.worker;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an attempt ended, for the metrics and for whoever waits for it.
 *
 * @param again how long until the queue offers the reply again; null: not by this ending
 */
record Ending(String outcome, @Nullable Duration again) {}
