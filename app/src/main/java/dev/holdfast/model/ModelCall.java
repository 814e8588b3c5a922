package dev.holdfast.model;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.springframework.ai.chat.model.ChatResponse;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * One request to a model, read by one thread with {@link #next}. Whoever reads slowly slows the provider down: at most
 * {@value #AHEAD} events wait here, then the thread that reads the socket waits.
 *
 * <p>{@link #close} may be called by any thread at any moment; it closes the HTTP request, also one that has not been answered.
 */
public final class ModelCall implements AutoCloseable {
    private static final int AHEAD = 256;

    private final LinkedBlockingQueue<ModelEvent> events = new LinkedBlockingQueue<>(AHEAD);
    private final Runnable closeRequest;
    private final Function<Throwable, Failure> sort;
    private final Reader reader = new Reader();
    private volatile boolean closed;

    private ModelCall(Runnable closeRequest, Function<Throwable, Failure> sort) {
        this.closeRequest = closeRequest;
        this.sort = sort;
    }

    /**
     * @param closeRequest closes the HTTP request where cancelling the Flux does not (not yet answered, or between two events)
     * @param sort what a failure of this provider means
     */
    static ModelCall start(Flux<ChatResponse> responses, Runnable closeRequest, Function<Throwable, Failure> sort) {
        var call = new ModelCall(closeRequest, sort);
        // in a thread of its own: Reactor may deliver in the thread that subscribes, and the reader must stay free to
        // read
        Thread.ofVirtual().name("model-call").start(() -> responses.subscribe(call.reader));
        return call;
    }

    /** A call that failed before it was made. */
    static ModelCall failed(Failure failure) {
        var call = new ModelCall(() -> {}, error -> failure);
        call.put(new ModelEvent.Failed(failure));
        return call;
    }

    /** The next event; null when none came in this time. */
    public @Nullable ModelEvent next(Duration patience) throws InterruptedException {
        return events.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        closed = true;
        closeRequest.run();
        reader.cancel();
        events.clear(); // a reader of the socket that waits for room sees that it is closed
        events.offer(new ModelEvent.Failed(new Failure.TryAgain("the call was closed", "closed")));
    }

    private void put(ModelEvent event) {
        try {
            while (!closed && !events.offer(event, 200, TimeUnit.MILLISECONDS)) {
                Thread.onSpinWait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs in the thread that reads the socket: what blocks here slows the provider, by TCP's own means. */
    private final class Reader extends BaseSubscriber<ChatResponse> {
        private final Transcript transcript = new Transcript();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            requestUnbounded();
        }

        @Override
        protected void hookOnNext(ChatResponse response) {
            put(transcript.read(response));
        }

        @Override
        protected void hookOnComplete() {
            put(transcript.end());
        }

        @Override
        protected void hookOnError(Throwable error) {
            put(new ModelEvent.Failed(sort.apply(error)));
        }
    }
}
