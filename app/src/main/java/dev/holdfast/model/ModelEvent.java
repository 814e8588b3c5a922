package dev.holdfast.model;

import org.jspecify.annotations.Nullable;

/** What a call to a model brings, in order: any number of {@link Said} and {@link Alive}, then one {@link Ended} or {@link Failed}. */
public sealed interface ModelEvent {

    /** A piece of the reply. It may end with the first half of a surrogate pair. */
    record Said(String text) implements ModelEvent {}

    /** The model works but says nothing yet: thinking, or an event without text. */
    record Alive() implements ModelEvent {}

    /** The model finished by itself. Token counts are null where the provider gave none. */
    record Ended(@Nullable Integer inputTokens, @Nullable Integer outputTokens) implements ModelEvent {

        /** What a finish without any text means. */
        public static Failure empty() {
            return new Failure.TryAgain("the model's answer was empty", "empty");
        }
    }

    record Failed(Failure failure) implements ModelEvent {}
}
