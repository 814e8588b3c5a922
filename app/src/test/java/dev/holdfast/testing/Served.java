package dev.holdfast.testing;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the model server was asked in one request and what it has sent so far. Safe to read while it is being served. */
public final class Served {
    /** How a request ended. */
    public enum End {
        /** still being answered */
        RUNNING,
        /** said everything, with the protocol's proper end */
        COMPLETED,
        /** the script's fault struck */
        FAULT,
        /** the client closed the connection before the end */
        CLOSED_BY_CLIENT
    }

    public final long number;
    public final String requestId;
    public final String provider;
    public final String model;
    public final String asked;
    public final String body;
    /** The header that names who asks, whole; null: none came. */
    public final String key;

    public final Instant at = Instant.now();
    private final StringBuilder text = new StringBuilder();
    private End end = End.RUNNING;
    private Instant endedAt;

    Served(long number, String requestId, String provider, String model, String asked, String body, String key) {
        this.number = number;
        this.requestId = requestId;
        this.provider = provider;
        this.model = model;
        this.asked = asked;
        this.body = body;
        this.key = key;
    }

    synchronized void sent(String token) {
        text.append(token);
    }

    synchronized void ended(End how) {
        if (end == End.RUNNING) {
            end = how;
            endedAt = Instant.now();
            notifyAll();
        }
    }

    /** All the text sent so far, in order. */
    public synchronized String text() {
        return text.toString();
    }

    public synchronized End end() {
        return end;
    }

    /** When it ended; null while it runs. */
    public synchronized Instant endedAt() {
        return endedAt;
    }

    synchronized Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("number", number);
        map.put("requestId", requestId);
        map.put("provider", provider);
        map.put("model", model);
        map.put("asked", asked);
        map.put("text", text.toString());
        map.put("completed", end == End.COMPLETED);
        map.put("end", end.name());
        map.put("at", at.toString());
        map.put("endedAt", endedAt == null ? null : endedAt.toString());
        return map;
    }

    @Override
    public String toString() {
        return "request " + number + " (" + requestId + ", " + provider + "/" + model + "): " + end() + ", "
                + text().length() + " characters";
    }
}
