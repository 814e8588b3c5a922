package dev.holdfast.feed;

import java.util.List;
import java.util.UUID;

/**
 * What takes a channel from {@code after} to {@code seq}. {@code messages} and {@code text} are JSON arrays as SQL
 * made them; {@code running} is how far every growing reply is known once they have been sent.
 */
record Change(UUID channel, long after, long seq, String messages, String text, List<Running> running) {

    boolean nothing() {
        return seq == after && messages.equals("[]") && text.equals("[]");
    }

    /** The channel went backwards: the database was restored from a backup. */
    boolean restored() {
        return seq < after;
    }
}
