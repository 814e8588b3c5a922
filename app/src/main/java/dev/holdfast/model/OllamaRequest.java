package dev.holdfast.model;

import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** One request of {@link OllamaClient}, from before it is sent to the end of its answer. Thread-safe. */
final class OllamaRequest {
    private final Runnable ended;
    private @Nullable CompletableFuture<?> response;
    private Flow.@Nullable Subscription body;
    private boolean closed;

    /** @param ended called when it ends by itself */
    OllamaRequest(Runnable ended) {
        this.ended = ended;
    }

    synchronized void close() {
        closed = true;
        if (response != null) response.cancel(true);
        if (body != null) body.cancel();
    }

    synchronized <T> CompletableFuture<T> sent(CompletableFuture<T> future) {
        response = future;
        future.whenComplete((answered, error) -> {
            if (error != null) ended.run();
        });
        if (closed) future.cancel(true);
        return future;
    }

    private synchronized void answering(Flow.Subscription subscription) {
        body = subscription;
        if (closed) subscription.cancel();
    }

    <T> BodyHandler<T> watching(BodyHandler<T> handler) {
        return info -> new Watched<>(handler.apply(info));
    }

    /** Passes the body on and keeps hold of its subscription: cancelling that closes the connection. */
    private final class Watched<T> implements BodySubscriber<T> {
        private final BodySubscriber<T> subscriber;

        Watched(BodySubscriber<T> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public CompletionStage<T> getBody() {
            return subscriber.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscriber.onSubscribe(subscription);
            answering(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> bytes) {
            subscriber.onNext(bytes);
        }

        @Override
        public void onError(Throwable error) {
            ended.run();
            subscriber.onError(error);
        }

        @Override
        public void onComplete() {
            ended.run();
            subscriber.onComplete();
        }
    }
}
