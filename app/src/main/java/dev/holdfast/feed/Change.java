package dev.holdfast.feed;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What takes a channel from {@code after} to {@code seq}. {@code messages} and {@code text} are JSON arrays as SQL
 * made them; {@code grown} says how far each reply with new text has now been read;
 * {@code lastChanged} is the message that has this seq, null when nothing changed.
 */
record Change(
        UUID channel,
        long after,
        long seq,
        String messages,
        String text,
        List<Running> grown,
        @Nullable UUID lastChanged) {

    boolean nothing() {
        return seq == after && messages.equals("[]") && text.equals("[]");
    }

    /** The channel went backwards: the database was restored from a backup. */
    boolean restored() {
        return seq < after;
    }

    /** There may be more after it, so the channel is due again: a part is 2 MB of text or 5,000 messages (chat.batch_end). */
    boolean mayBePart() {
        return messages.length() > Subscriber.MOST_UNSENT;
    }

    /**
     * The replies that grow, once this has been sent. One whose message changed is forgotten: it has ended, or else
     * its next text is read and sent from the start, which a client that has it already skips.
     */
    List<Running> running(List<Running> before) {
        if (restored()) return grown;
        if (grown.isEmpty() && (before.isEmpty() || messages.equals("[]"))) return before;
        var all = new LinkedHashMap<UUID, Running>();
        for (var reply : before) {
            if (!messages.contains(reply.message().toString())) all.put(reply.message(), reply);
        }
        for (var reply : grown) all.put(reply.message(), reply);
        return List.copyOf(all.values());
    }
}
