package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
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
    private static final String ERROR = "{\"error\":";

    /** What went wrong in the middle of an answer, in Ollama's words. Spring AI would see a message without a text. */
    static final class ErrorLine extends IOException {
        ErrorLine(String sentence) {
            super(sentence);
        }
    }

    private final Runnable ended;
    // no lock: the JDK's client cancels under one of its own, under which it also brings the body
    private volatile @Nullable CompletableFuture<?> response;
    private volatile Flow.@Nullable Subscription body;
    private volatile boolean closed;

    /** @param ended called when it ends by itself */
    OllamaRequest(Runnable ended) {
        this.ended = ended;
    }

    /** What comes later sees that it is closed; what is cancelled twice is cancelled once. */
    void close() {
        closed = true;
        var sent = response;
        if (sent != null) sent.cancel(true);
        var answer = body;
        if (answer != null) answer.cancel();
    }

    <T> CompletableFuture<T> sent(CompletableFuture<T> future) {
        response = future;
        var _ = future.whenComplete((answered, error) -> {
            if (error != null) ended.run();
        });
        if (closed) future.cancel(true);
        return future;
    }

    private void answering(Flow.Subscription subscription) {
        body = subscription;
        if (closed) subscription.cancel();
    }

    <T> BodyHandler<T> watching(BodyHandler<T> handler) {
        return info -> new Watched<>(handler.apply(info), info.statusCode() == 200);
    }

    /** Passes the body on and keeps hold of its subscription: cancelling that closes the connection. */
    private final class Watched<T> implements BodySubscriber<T> {
        private final BodySubscriber<T> subscriber;
        private final boolean isAnswer;
        private boolean failed;

        /** @param isAnswer and no refusal, of which all is an error's line */
        Watched(BodySubscriber<T> subscriber, boolean isAnswer) {
            this.subscriber = subscriber;
            this.isAnswer = isAnswer;
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
            if (failed) return;
            String error = isAnswer ? error(bytes) : null;
            if (error == null) {
                subscriber.onNext(bytes);
                return;
            }
            close();
            onError(new ErrorLine(error));
        }

        /** Ollama writes each line at once. Of what the model says the quotes are escaped. */
        private static @Nullable String error(List<ByteBuffer> bytes) {
            for (ByteBuffer buffer : bytes) {
                String text = UTF_8.decode(buffer.duplicate()).toString();
                if (!text.contains(ERROR)) continue;
                var line = text.lines().filter(each -> each.startsWith(ERROR)).findFirst();
                if (line.isPresent()) return ErrorBody.parse(line.get()).sentence();
            }
            return null;
        }

        @Override
        public void onError(Throwable error) {
            if (failed) return;
            failed = true;
            ended.run();
            subscriber.onError(error);
        }

        @Override
        public void onComplete() {
            if (failed) return;
            ended.run();
            subscriber.onComplete();
        }
    }
}
