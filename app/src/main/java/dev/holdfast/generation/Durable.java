package dev.holdfast.generation;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** How far the rows of a running reply got: its last chunk, or nulls. */
public record Durable(
        UUID message, @Nullable Integer lastStart, @Nullable String lastText) {

    /** The offset at which the next text belongs. */
    public int end() {
        return lastStart == null || lastText == null ? 0 : lastStart + lastText.length();
    }
}
