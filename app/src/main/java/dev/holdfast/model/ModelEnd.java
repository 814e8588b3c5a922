package dev.holdfast.model;

import org.jspecify.annotations.Nullable;

/** How a call to a model ended: the last that it brings. */
public sealed interface ModelEnd {

    /** The model finished by itself. Token counts are null where the provider gave none. */
    record Ended(@Nullable Integer inputTokens, @Nullable Integer outputTokens) implements ModelEnd {

        /** What a finish without any text means. */
        public static Failure empty() {
            return new Failure.TryAgain("the model's answer was empty", "empty");
        }
    }

    record Failed(Failure failure) implements ModelEnd {}
}
