package dev.holdfast.worker;

import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Completion;
import dev.holdfast.model.ModelCall;
import dev.holdfast.model.ModelEnd.Cut;
import dev.holdfast.model.ModelEnd.Ended;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A reply that this process writes. Its slot's thread fills the text, the flusher brings it into the rows, and anyone may
 * {@link #lose} it.
 */
final class Reply {
    final Claimed claimed;
    final ReplyText text = new ReplyText();
    final long began = System.nanoTime();

    private final AtomicReference<@Nullable ModelCall> call = new AtomicReference<>();
    private final CompletableFuture<Boolean> folded = new CompletableFuture<>();
    private volatile boolean lost;
    private volatile boolean handedBack;
    private volatile boolean settled;
    private volatile boolean asked;
    private volatile @Nullable Completion completion;

    // the flusher's own
    final Written written = new Written();

    Reply(Claimed claimed) {
        this.claimed = claimed;
    }

    /** The model is asked now; from now on losing the reply closes the request. */
    void asking(ModelCall made) {
        call.set(made);
        asked = true;
        if (lost) made.close();
    }

    boolean asked() {
        return asked;
    }

    /** The attempt is no longer ours, or shall be handed back: nothing more is written, the request is closed at once. */
    void lose() {
        lost = true;
        folded.complete(false);
        ModelCall open = call.get();
        if (open != null) open.close();
    }

    boolean lost() {
        return lost;
    }

    /** The process ends and leaves it to others. */
    void handBack() {
        handedBack = true;
        lose();
    }

    boolean handedBack() {
        return handedBack;
    }

    /** The attempt failed; what the flusher has not written goes with the failure. */
    void settle() {
        settled = true;
    }

    /** Whether the flusher still has to do with it. */
    boolean flushable() {
        return !lost && !settled && !folded.isDone();
    }

    /** The model has finished; the flusher folds. */
    void finish(Ended ended) {
        Cut cut = ended.cut();
        completion = new Completion(
                claimed.message(),
                claimed.fence(),
                text.end(),
                ended.inputTokens(),
                ended.outputTokens(),
                cut == null ? null : cut.reason(),
                cut == null ? null : cut.code());
    }

    @Nullable
    Completion completion() {
        return completion;
    }

    void folded() {
        folded.complete(true);
    }

    /** Waits until it is folded (true) or lost (false). */
    boolean awaitFold() {
        return folded.join();
    }

    @Override
    public String toString() {
        return "generation " + claimed.id() + " (@" + claimed.agentHandle() + ", fence " + claimed.fence() + ")";
    }
}
