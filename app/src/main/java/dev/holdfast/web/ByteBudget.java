package dev.holdfast.web;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How much is kept, of all together, for those who are slow: an eighth of the memory that there is. Where there is no more,
 * who has kept something for longest loses it, and not who comes: whoever is quick finds room, however many are slow on
 * purpose. Thread-safe.
 */
final class ByteBudget {

    private static final int PART_OF_THE_HEAP = 8;

    /** Who keeps something. */
    interface Holder {
        /** Lets go of what it keeps; on any thread. */
        void evicted();
    }

    private final long size = Runtime.getRuntime().maxMemory() / PART_OF_THE_HEAP;
    private final Map<Holder, Long> oldestFirst = new LinkedHashMap<>();
    private long taken;

    /** @return who is to be evicted, by a caller that holds no lock; this holder too, where it has been here for longest */
    synchronized List<Holder> take(Holder holder, long bytes) {
        oldestFirst.merge(holder, bytes, Long::sum);
        taken += bytes;
        var evicted = new ArrayList<Holder>(0);
        while (taken > size) {
            var oldest = oldestFirst.keySet().iterator().next();
            leave(oldest);
            evicted.add(oldest);
        }
        return evicted;
    }

    /** With all that this holder has taken. */
    synchronized void leave(Holder holder) {
        var bytes = oldestFirst.remove(holder);
        if (bytes != null) taken -= bytes;
    }
}
