package dev.holdfast.generation;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Text to append to a running reply. Offsets count UTF-16 code units.
 *
 * @param previousStart where the chunk begins that the worker believes to be the last durable one; null: none is
 */
public record Chunk(UUID message, long fence, @Nullable Integer previousStart, int start, String text) {

    /** Why a chunk was not written. */
    public enum Refusal {
        /** the attempt is no longer ours */
        FENCED,
        /** the rows are not as the worker believes: re-read them */
        GAP,
        /** somebody who has not committed is taking the reply away: come again */
        BUSY
    }
}
