package dev.holdfast.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One channel that somebody here listens to: how far it has been sent, and to whom it goes. Guarded by {@link Audience}. */
final class ChannelFeed {

    /** How far a channel has been sent; lastChanged: the message whose change was the last. */
    record Cursor(UUID channel, long seq, @Nullable UUID lastChanged, List<Running> running) {}

    final UUID id;
    final List<Subscriber> subscribers = new ArrayList<>(1);
    private long seq;
    private @Nullable UUID lastChanged;
    private List<Running> running = List.of();
    private @Nullable String head;

    ChannelFeed(Membership membership) {
        this.id = membership.channel();
        this.seq = membership.seq();
        this.lastChanged = membership.lastChanged();
    }

    long seq() {
        return seq;
    }

    Cursor cursor() {
        return new Cursor(id, seq, lastChanged, running);
    }

    void advance(Change change) {
        seq = change.seq();
        if (change.lastChanged() != null) lastChanged = change.lastChanged();
        running = change.running(running);
        head = null;
    }

    void forgetText() {
        running = List.of();
        head = null;
    }

    /** This channel's entry in hello, heads and account: made once per change, shared by all who get it. */
    String head() {
        var made = head == null ? makeHead() : head;
        head = made;
        return made;
    }

    private String makeHead() {
        var text = new StringBuilder(80)
                .append("{\"channel\":\"")
                .append(id)
                .append("\",\"seq\":")
                .append(seq);
        if (!running.isEmpty()) {
            text.append(",\"running\":[");
            for (var reply : running) {
                if (text.charAt(text.length() - 1) != '[') text.append(',');
                text.append("{\"message\":\"")
                        .append(reply.message())
                        .append("\",\"fence\":")
                        .append(reply.fence())
                        .append(",\"length\":")
                        .append(reply.length())
                        .append('}');
            }
            text.append(']');
        }
        return text.append('}').toString();
    }
}
