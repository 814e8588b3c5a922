package dev.holdfast.feed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Collection;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The wire format of the feed, all of it. Server-sent events without ids: a client resumes by each channel's seq,
 * not by a place in a stream.
 *
 * <pre>
 * retry: 1234
 * event: hello    {"lineage", "account", "channels": [{"channel", "seq", "last", "running": [{"message", "fence", "length"}]}]}
 * event: account  {"account", "channels": [...]}, all my channels again, because my channels or my profile changed
 * event: read     {"channel", "seq", "lastReadSeq", "unread"}, I have read on in a channel, maybe elsewhere; {@code unread} is as of {@code seq}
 * event: heads    {"channels": [...]}, all my channels, every 15 s; at once where one was reset or grew by too much to be sent
 * event: channel  {"channel", "after", "seq", "messages": [...], "text": [{"message", "fence", "at", "text"}]}
 * </pre>
 *
 * <p>What a client has copied under another {@code lineage} is of a database before it was restored: it reads anew.
 * {@code last} is the message whose change took the channel to its {@code seq}, left out where that isn't known: a client that came
 * there with another one reads the channel anew. {@code running} is left out when no reply grows. Offsets and lengths count UTF-16 code units.
 */
final class Wire {

    private static final int RETRY_AT_LEAST_MS = 500;
    private static final int RETRY_AT_MOST_MS = 4_000;

    private Wire() {}

    static byte[] hello(String lineage, UUID account, Collection<ChannelFeed> channels) {
        return bytes(retryLine() + event("hello", "{\"lineage\":\"" + lineage + "\"," + list(account, channels) + "}"));
    }

    static byte[] account(UUID account, Collection<ChannelFeed> channels) {
        return bytes(event("account", "{" + list(account, channels) + "}"));
    }

    static byte[] read(String json) {
        return bytes(event("read", json));
    }

    static byte[] heads(Collection<ChannelFeed> channels) {
        return bytes(event("heads", "{\"channels\":" + list(channels) + "}"));
    }

    static byte[] channel(Change change) {
        var data = "{\"channel\":\"" + change.channel() + "\",\"after\":" + change.after() + ",\"seq\":" + change.seq()
                + ",\"messages\":" + change.messages() + ",\"text\":" + change.text() + "}";
        return bytes(event("channel", data));
    }

    /** Sent before the server closes, so that the clients don't come back all at once. */
    static byte[] farewell() {
        return bytes(retryLine() + "\n");
    }

    private static String list(UUID account, Collection<ChannelFeed> channels) {
        return "\"account\":\"" + account + "\",\"channels\":" + list(channels);
    }

    private static String list(Collection<ChannelFeed> channels) {
        var list = new StringBuilder("[");
        for (var channel : channels) {
            if (list.length() > 1) list.append(',');
            list.append(channel.head());
        }
        return list.append(']').toString();
    }

    private static String retryLine() {
        return "retry: " + ThreadLocalRandom.current().nextInt(RETRY_AT_LEAST_MS, RETRY_AT_MOST_MS) + "\n";
    }

    // a raw line feed in JSON is white space between tokens, in an event it would end the line
    private static String event(String name, String json) {
        return "event: " + name + "\ndata: " + json.replace('\n', ' ') + "\n\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
