package dev.holdfast.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Why a model gave no reply, sorted into what can be mended by waiting and what only a person can mend. */
public sealed interface Failure {

    /** What users read: a short fact for {@link TryAgain}, a sentence to act on for {@link GiveUp}. Never holds a key. */
    String reason();

    /** The same for machines, a word of a small set: generation.error_code and the label of holdfast_retries_total. */
    String code();

    /** What the log says besides, for operators: the server's own words or the exception's, one line; empty: nothing. Never holds a key. */
    String detail();

    /** @param retryAfter the shortest wait that the provider asked for; null: it asked for none */
    record TryAgain(String reason, String code, @Nullable Duration retryAfter, String detail) implements Failure {
        public TryAgain(String reason, String code) {
            this(reason, code, null, "");
        }
    }

    record GiveUp(String reason, String code, String detail) implements Failure {
        public GiveUp(String reason, String code) {
            this(reason, code, "");
        }
    }
}
