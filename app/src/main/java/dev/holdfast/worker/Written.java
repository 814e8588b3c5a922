package dev.holdfast.worker;

import dev.holdfast.generation.Chunk;
import dev.holdfast.generation.Durable;
import org.jspecify.annotations.Nullable;

/** What the flusher believes of a reply's rows. Of its thread alone. */
final class Written {
    /** The status that the row shows. */
    enum Status {
        QUEUED,
        THINKING,
        STREAMING
    }

    /** More is written in several chunks, so that one reply does not hold up the others. */
    private static final int LONGEST_CHUNK = 64 * 1024;

    /** The third and all that follow are of four seconds: a drain leaves time for some tries. */
    private static final int LONGEST_REST = 3;

    Status status = Status.QUEUED;
    private @Nullable Integer lastStart;
    private int end;
    private boolean doubtful;
    private int refusals;
    private long restsUntil;

    /** After an error one cannot know whether the rows have it. */
    void doubt() {
        doubtful = true;
    }

    /** Nothing was written. */
    void trust() {
        doubtful = false;
    }

    boolean doubtful() {
        return doubtful;
    }

    void learn(Durable durable) {
        lastStart = durable.lastStart();
        end = durable.end();
        doubtful = false;
    }

    /** The text after what the rows have; null: they have it all. */
    @Nullable
    Chunk next(Reply reply) {
        String text = reply.text.from(end, LONGEST_CHUNK);
        if (text.isEmpty()) return null;
        return new Chunk(reply.claimed.message(), reply.claimed.fence(), lastStart, end, text);
    }

    void wrote(Chunk chunk) {
        lastStart = chunk.start();
        end = chunk.start() + chunk.text().length();
        doubtful = false;
    }

    int end() {
        return end;
    }

    /** The fold failed by itself. */
    void rest() {
        refusals = Math.min(refusals + 1, LONGEST_REST);
        restsUntil = System.nanoTime() + Backoff.after(refusals, null).toNanos();
    }

    /** Whether it is too early to try the fold again. */
    boolean rests() {
        return refusals > 0 && System.nanoTime() - restsUntil < 0;
    }
}
