package dev.holdfast.generation;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A reply that the model finished: its whole text, and the token counts if the provider gave them. */
public record Completion(
        UUID message,
        long fence,
        String content,
        @Nullable Integer inputTokens,
        @Nullable Integer outputTokens) {}
