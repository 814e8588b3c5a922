package dev.holdfast.model;

import org.jspecify.annotations.Nullable;

/** How a call to a model ended: the last that it brings. */
public sealed interface ModelEnd {

    /**
     * The model has said what it says. Token counts are null where the provider gave none.
     *
     * @param cut what stopped it short; null: it finished by itself
     */
    record Ended(
            @Nullable Integer inputTokens,
            @Nullable Integer outputTokens,
            @Nullable Cut cut) implements ModelEnd {

        /** What a finish without any text means. */
        public static Failure empty() {
            return new Failure.TryAgain("the model's answer was empty", "empty");
        }
    }

    /** As a {@link Failure}, but of what there is: the sentence that people read beside it, and the same for machines. */
    record Cut(String reason, String code) {}

    record Failed(Failure failure) implements ModelEnd {}
}
