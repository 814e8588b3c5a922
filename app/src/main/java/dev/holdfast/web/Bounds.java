package dev.holdfast.web;

import org.jspecify.annotations.Nullable;

/** A number of a request, refused with one wording whoever asks. */
public final class Bounds {

    private Bounds() {}

    /** Refuses a number below 1 or above the most; null, not sent, passes. */
    public static void within(String name, @Nullable Integer value, int most) {
        if (value != null && (value < 1 || value > most)) {
            throw Problem.invalid("\"%s\" must be from 1 to %d, not %d.".formatted(name, most, value));
        }
    }
}
