package dev.holdfast.channel;

import dev.holdfast.web.Problem;
import java.nio.charset.StandardCharsets;

/** What a person may write: 1 to 65,536 bytes of UTF-8, without NUL and without halves of characters. */
final class MessageContent {

    static final int MOST_BYTES = 64 * 1024;

    private MessageContent() {}

    static String checked(String content) {
        if (content == null) {
            throw Problem.invalid(
                    "The message has no text: the field \"content\" is missing. Send at least one character.");
        }
        if (content.isBlank()) {
            throw Problem.invalid("The message is empty. Write at least one visible character.");
        }
        if (content.indexOf('\0') >= 0) {
            throw Problem.invalid("The message holds a NUL character at offset %d, which cannot be stored. Remove it."
                    .formatted(content.indexOf('\0')));
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(content)) {
            throw Problem.invalid("The message holds half of a character (a lone surrogate). Remove it.");
        }
        var bytes = content.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MOST_BYTES) {
            throw Problem.invalid(
                    "A message holds at most 64 kB, which is %d bytes of UTF-8; this one has %d. Shorten it or split it."
                            .formatted(MOST_BYTES, bytes));
        }
        return content;
    }
}
