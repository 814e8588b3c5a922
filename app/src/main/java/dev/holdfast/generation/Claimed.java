package dev.holdfast.generation;

import java.util.UUID;

/**
 * One attempt at one reply, held by a worker.
 *
 * @param worker who holds it
 * @param message the reply
 * @param fence named in every write; a newer one in the row means that the attempt is no longer ours
 * @param waited seconds from queued (or, for a later attempt, from when it was due) to claimed, by the database's clock
 */
public record Claimed(
        long id,
        long worker,
        UUID message,
        long fence,
        UUID agent,
        String agentHandle,
        int attempt,
        int maxAttempts,
        double waited) {

    /** Names the attempt in logs, ours and the provider's. */
    public String requestId() {
        return id + "-" + fence;
    }
}
