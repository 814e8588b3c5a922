package dev.holdfast.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How much is kept, of all together, for those who are slow: an eighth of the memory that there is. Where there is no more,
 * who has kept something for longest loses it, and not who comes: whoever is quick finds room, however many are slow on
 * purpose. Thread-safe.
 */
final class Room {

    private static final int PART_OF_THE_HEAP = 8;

    /** Who keeps something. */
    interface Guest {
        /** Lets go of what it keeps; called on any thread, without a lock. */
        void evicted();
    }

    private final long size = Runtime.getRuntime().maxMemory() / PART_OF_THE_HEAP;
    private final Map<Guest, Long> oldestFirst = new LinkedHashMap<>();
    private long taken;

    /** May evict this guest too, where it is the one that has been here for longest. */
    void take(Guest guest, long bytes) {
        var evicted = new ArrayList<Guest>(0);
        synchronized (this) {
            oldestFirst.merge(guest, bytes, Long::sum);
            taken += bytes;
            while (taken > size) {
                var oldest = oldestFirst.keySet().iterator().next();
                leave(oldest);
                evicted.add(oldest);
            }
        }
        evicted.forEach(Guest::evicted);
    }

    /** With all that this guest has taken. */
    synchronized void leave(Guest guest) {
        var bytes = oldestFirst.remove(guest);
        if (bytes != null) taken -= bytes;
    }
}
