package dev.holdfast.feed;

import java.util.UUID;

/** How far the relay has sent a growing reply's text: so many UTF-16 code units of what was written under the fence. */
record Running(UUID message, long fence, int length) {}
