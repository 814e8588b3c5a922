package dev.holdfast.model;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.ai.chat.model.ChatResponse;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * One request to a model. Its text goes straight from the thread that turns the provider's events into text to a
 * {@link ModelListener}.
 *
 * <p>{@link #close} may be called by any thread at any moment; it closes the HTTP request, also one that has not been answered.
 */
public final class ModelCall implements AutoCloseable {
    private final CompletableFuture<ModelEnd> end = new CompletableFuture<>();
    private final Runnable closeRequest;
    private final Function<Throwable, Failure> sort;
    private final Reader reader;

    private ModelCall(ModelListener listener, Runnable closeRequest, Function<Throwable, Failure> sort) {
        this.closeRequest = closeRequest;
        this.sort = sort;
        this.reader = new Reader(listener);
    }

    /**
     * @param closeRequest closes the HTTP request where cancelling the Flux does not (not yet answered, or between two events)
     * @param sort what a failure of this provider means
     */
    static ModelCall start(
            Flux<ChatResponse> responses,
            ModelListener listener,
            Runnable closeRequest,
            Function<Throwable, Failure> sort) {
        var call = new ModelCall(listener, closeRequest, sort);
        // in a thread of its own: Reactor may deliver in the thread that
        // subscribes, and the caller must stay free to close
        Thread.ofVirtual().name("model-call").start(() -> responses.subscribe(call.reader));
        return call;
    }

    /** A call that failed before it was made. */
    static ModelCall failed(Failure failure) {
        var call = new ModelCall(new Deaf(), () -> {}, error -> failure);
        call.end.complete(new ModelEnd.Failed(failure));
        return call;
    }

    /** How it ended; null when it has not within this time. */
    public @Nullable ModelEnd end(Duration patience) throws InterruptedException {
        try {
            return end.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            throw new IllegalStateException("an end is never exceptional", e);
        }
    }

    /** Nothing more is said, but for what the listener hears at this very moment. */
    @Override
    public void close() {
        end.complete(new ModelEnd.Failed(new Failure.TryAgain("the call was closed", "closed")));
        closeRequest.run();
        reader.cancel();
    }

    /** For a call that was never made. */
    private static final class Deaf implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String piece) {}
    }

    private final class Reader extends BaseSubscriber<ChatResponse> {
        private final Transcript transcript = new Transcript();
        private final ModelListener listener;

        Reader(ModelListener listener) {
            this.listener = listener;
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            requestUnbounded();
        }

        @Override
        protected void hookOnNext(ChatResponse response) {
            String piece = transcript.read(response);
            if (end.isDone()) return; // closed
            if (piece.isEmpty()) {
                listener.alive();
                return;
            }
            try {
                listener.said(piece);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ModelEnd.Cut cut = listener.cut();
            if (cut != null) end.complete(transcript.cut(cut));
        }

        @Override
        protected void hookOnComplete() {
            end.complete(transcript.end());
        }

        @Override
        protected void hookOnError(Throwable error) {
            end.complete(new ModelEnd.Failed(sorted(error)));
        }

        /** What cannot be sorted ends the call nevertheless; Reactor would swallow the exception, and the slot wait for its limit. */
        private Failure sorted(Throwable error) {
            try {
                return sort.apply(error);
            } catch (RuntimeException e) {
                return HttpFailures.broken(error);
            }
        }
    }
}
