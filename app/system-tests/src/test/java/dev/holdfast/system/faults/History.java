package dev.holdfast.system.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/** What the people of a fault run did and were told, to be held against the database afterwards. Thread-safe. */
final class History {

    private static final Pattern MENTION = Pattern.compile("@(ada|bert|cleo)\\b");

    /** A text that was sent for a message, and what the server said to it at last. */
    static final class Version {
        final String content;
        /** A request was cut or timed out: it may have been carried out, then or later. */
        volatile boolean ambiguous;

        volatile boolean acknowledged;

        Version(String content) {
            this.content = content;
        }

        Set<String> mentions() {
            var found = new TreeSet<String>();
            var matcher = MENTION.matcher(content);
            while (matcher.find()) found.add(matcher.group(1));
            return found;
        }
    }

    /** One person's message with all its edits in order. Written by that person alone. */
    static final class Written {
        final UUID id = UUID.randomUUID();
        final int person;
        final UUID channel;
        final String nonce;
        final List<Version> versions = new ArrayList<>();
        volatile boolean deleteTried;
        volatile boolean deleteAcknowledged;

        Written(int person, UUID channel, String nonce, String content) {
            this.person = person;
            this.channel = channel;
            this.nonce = nonce;
            versions.add(new Version(content));
        }

        Version first() {
            return versions.getFirst();
        }

        boolean acknowledged() {
            return first().acknowledged;
        }

        boolean untouched() {
            return versions.size() == 1 && !deleteTried;
        }
    }

    private final Map<UUID, Written> written = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();
    private final AtomicInteger nonces = new AtomicInteger();

    String nonce() {
        return "n" + nonces.incrementAndGet() + "n";
    }

    void add(Written message) {
        written.put(message.id, message);
    }

    List<Written> written() {
        return List.copyOf(written.values());
    }

    /** Something that must never happen, seen while it happened. */
    void violation(String what) {
        violations.add(what);
    }

    List<String> violations() {
        return List.copyOf(violations);
    }

    void count(String what) {
        counts.computeIfAbsent(what, key -> new AtomicInteger()).incrementAndGet();
    }

    Map<String, AtomicInteger> counts() {
        return new java.util.TreeMap<>(counts);
    }
}
