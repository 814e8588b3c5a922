package dev.holdfast.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Hears a reply in the thread that turns the provider's events into text, one call at a time: what blocks here slows the
 * provider down.
 */
public interface ModelListener {

    /** The model works but says nothing: it thinks, or sent an event without text. */
    void alive();

    /** @param piece may end with the first half of a surrogate pair */
    void said(String piece) throws InterruptedException;

    /** What cuts the reply short, asked after each piece by the same thread: nothing more is heard. Null: nothing does. */
    default ModelEnd.@Nullable Cut cut() {
        return null;
    }

    /** How long what is said may wait for what follows, asked before each piece but the first. Any thread may ask. */
    default Duration slack() {
        return Duration.ZERO;
    }
}
