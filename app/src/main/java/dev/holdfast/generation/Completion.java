package dev.holdfast.generation;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A reply that has all that the model said: its whole text, and the token counts if the provider gave them.
 *
 * @param error what cut it short, as people read it, and errorCode the same for machines; null: the model finished by itself
 */
public record Completion(
        UUID message,
        long fence,
        String content,
        @Nullable Integer inputTokens,
        @Nullable Integer outputTokens,
        @Nullable String error,
        @Nullable String errorCode) {}
