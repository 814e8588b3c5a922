package dev.holdfast.testing;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * What a browser holds and how it takes the feed's events, as the contract has it: a batch is applied when its
 * {@code after} fits, text is appended by offset, and whatever doesn't fit makes the caller re-read the channel.
 * Not thread-safe.
 */
public final class FeedStore {

    private static final Set<String> RUNNING = Set.of("queued", "thinking", "streaming");

    /** A message as it would be shown; {@code fence} is what its text was written under, 0 for people's. */
    public record Stored(UUID id, long seq, String status, long fence, String text, JsonNode json) {

        boolean running() {
            return RUNNING.contains(status);
        }

        Stored withText(long fence, String text) {
            return new Stored(id, seq, status, fence, text, json);
        }
    }

    private static final class Channel {
        long seq;
        final Map<UUID, Stored> messages = new HashMap<>();
    }

    private final Map<UUID, Channel> channels = new TreeMap<>();
    private String lineage = "";

    public Set<UUID> channels() {
        return Set.copyOf(channels.keySet());
    }

    /** -1 when the channel isn't held. */
    public long seq(UUID channel) {
        return channels.containsKey(channel) ? channels.get(channel).seq : -1;
    }

    public Map<UUID, Stored> messages(UUID channel) {
        return channels.containsKey(channel) ? Map.copyOf(channels.get(channel).messages) : Map.of();
    }

    public void forget(UUID channel) {
        channels.remove(channel);
    }

    /** hello: what was copied under another lineage is thrown away. */
    public void lineage(String name) {
        if (!name.equals(lineage)) channels.clear();
        lineage = name;
    }

    /** hello and account: keeps only the channels listed, and names those to re-read. */
    public List<UUID> list(JsonNode event) {
        var listed = new ArrayList<UUID>();
        event.get("channels").forEach(head -> listed.add(uuid(head, "channel")));
        channels.keySet().retainAll(listed);
        listed.forEach(channel -> channels.computeIfAbsent(channel, id -> new Channel()));
        return heads(event);
    }

    /** Names the channels to re-read: those that I am behind in, and those that went backwards. */
    public List<UUID> heads(JsonNode event) {
        var behind = new ArrayList<UUID>();
        for (var head : event.get("channels")) {
            var id = uuid(head, "channel");
            var mine = channels.get(id);
            if (mine == null) continue;
            var seq = head.get("seq").asLong();
            if (seq < mine.seq) channels.put(id, new Channel());
            if (seq != mine.seq || behindInText(mine, head.path("running"))) behind.add(id);
        }
        return behind;
    }

    /** Applies a channel event. @return false if something was missed and the channel is to be re-read */
    public boolean channel(JsonNode event) {
        var mine = channels.get(uuid(event, "channel"));
        if (mine == null) return true;
        if (event.get("after").asLong() > mine.seq) return false;
        apply(mine, event);
        return texts(mine, event);
    }

    /** Applies an answer of GET changes. */
    public void changes(UUID channel, JsonNode answer) {
        var mine = channels.get(channel);
        if (mine == null) return;
        if (answer.get("after").asLong() > mine.seq) return; // the copy that asked was thrown away meanwhile
        if (answer.get("seq").asLong() < mine.seq
                && answer.get("after").asLong() > answer.get("seq").asLong()) {
            channels.put(channel, new Channel());
            return;
        }
        apply(mine, answer);
        texts(mine, answer);
    }

    private static void apply(Channel mine, JsonNode batch) {
        for (var message : batch.get("messages")) {
            var next = stored(message);
            mine.messages.merge(next.id, next, FeedStore::newer);
        }
        mine.seq = Math.max(mine.seq, batch.get("seq").asLong());
    }

    private static Stored newer(Stored mine, Stored next) {
        if (next.seq < mine.seq) return mine;
        var keepText = next.running()
                && (mine.fence > next.fence || mine.fence == next.fence && mine.text.length() > next.text.length());
        return keepText ? next.withText(mine.fence, mine.text) : next;
    }

    private static boolean texts(Channel mine, JsonNode batch) {
        var whole = true;
        for (var text : batch.get("text")) {
            var id = uuid(text, "message");
            var message = mine.messages.get(id);
            if (message == null) {
                whole = false;
                continue;
            }
            if (!message.running()) continue;
            var appended = append(message, text);
            if (appended == null) whole = false;
            else mine.messages.put(id, appended);
        }
        return whole;
    }

    private static Stored append(Stored message, JsonNode text) {
        var fence = text.get("fence").asLong();
        var at = text.get("at").asInt();
        var added = text.get("text").asString();
        if (fence < message.fence) return message;
        if (fence > message.fence) return at == 0 ? (added.isEmpty() ? message : message.withText(fence, added)) : null;
        var length = message.text.length();
        if (at > length) return null;
        if (at + added.length() <= length) return message;
        return message.withText(fence, message.text + added.substring(length - at));
    }

    private static boolean behindInText(Channel mine, JsonNode running) {
        for (var reply : running) {
            var message = mine.messages.get(uuid(reply, "message"));
            var length = reply.get("length").asInt();
            if (message == null) return true;
            if (!message.running() || length == 0) continue;
            var fence = reply.get("fence").asLong();
            if (fence > message.fence || fence == message.fence && length > message.text.length()) return true;
        }
        return false;
    }

    private static Stored stored(JsonNode message) {
        return new Stored(
                uuid(message, "id"),
                message.get("seq").asLong(),
                message.get("status").asString(),
                message.path("textFence").asLong(0),
                message.path("content").asString(""),
                message);
    }

    private static UUID uuid(JsonNode node, String name) {
        return UUID.fromString(node.get(name).asString());
    }
}
