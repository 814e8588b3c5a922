package dev.holdfast.feed;

import java.util.UUID;

/** How far the relay has sent a growing reply's text: the last piece sent begins at {@code start}, in UTF-16 code units. */
record Running(UUID message, long fence, int start) {

    /** Whoever has this text whole has at least so much of it, because no piece is empty. */
    int length() {
        return start + 1;
    }
}
