package dev.holdfast.feed;

import java.util.UUID;

/**
 * The seconds that the relay has come past since it last looked: by the clock, because it waits for a database that is
 * away, and what has to be done every so often is due nevertheless.
 *
 * @param after the last one that it has looked at
 * @param last the present one; the same as after: none has passed
 */
record Seconds(long after, long last) {

    Seconds next(long now) {
        return new Seconds(last, now);
    }

    boolean passed() {
        return last > after;
    }

    /** Whether what is due every so many seconds is due. */
    boolean turn(int every) {
        return turn(0, every);
    }

    /** The same for an account: they take turns, so that never all of them are due at once. */
    boolean turn(UUID account, int every) {
        return turn(account.hashCode(), every);
    }

    private boolean turn(int offset, int every) {
        return Math.floorDiv(last - offset, every) > Math.floorDiv(after - offset, every);
    }
}
