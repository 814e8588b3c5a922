package dev.holdfast.feed;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One channel that somebody here listens to: how far it has been sent, and to whom it goes. Guarded by {@link Audience}. */
final class ChannelFeed {

    /**
     * Of so many messages at most it is remembered at which seq they were last seen to change. One would not do: the replies
     * that a backup interrupted change again after the restore, and what tells it apart is what was said behind them.
     */
    private static final int MOST_SEEN = 16;

    /** A message, and the seq of its last change that was seen. */
    record Seen(UUID message, long seq) {}

    /** How far a channel has been sent; seen: the messages that changed last. */
    record Cursor(UUID channel, long seq, List<Seen> seen, List<Running> running) {}

    final UUID id;
    final List<Subscriber> subscribers = new ArrayList<>(1);
    private long seq;
    private List<Seen> seen;
    private List<Running> running = List.of();
    private @Nullable String head;

    ChannelFeed(Membership membership) {
        this.id = membership.channel();
        this.seq = membership.seq();
        this.seen = membership.lastChanged() == null
                ? List.of()
                : List.of(new Seen(membership.lastChanged(), membership.seq()));
    }

    long seq() {
        return seq;
    }

    Cursor cursor() {
        return new Cursor(id, seq, seen, running);
    }

    void advance(Change change) {
        seq = change.seq();
        if (change.restored()) seen = List.of();
        if (change.lastChanged() != null) seen = with(new Seen(change.lastChanged(), seq));
        running = change.running(running);
        head = null;
    }

    private List<Seen> with(Seen latest) {
        var others = seen.stream().filter(one -> !one.message().equals(latest.message()));
        return Stream.concat(Stream.of(latest), others).limit(MOST_SEEN).toList();
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
        var text = new StringBuilder(130)
                .append("{\"channel\":\"")
                .append(id)
                .append("\",\"seq\":")
                .append(seq);
        if (!seen.isEmpty() && seen.getFirst().seq() == seq) {
            text.append(",\"last\":\"").append(seen.getFirst().message()).append('"');
        }
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
