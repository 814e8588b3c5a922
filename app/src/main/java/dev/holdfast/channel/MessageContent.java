package dev.holdfast.channel;

import dev.holdfast.web.Problem;
import dev.holdfast.web.Visible;
import java.nio.charset.StandardCharsets;

/** What a person may write: something to see, in at most 65,536 bytes of UTF-8. */
final class MessageContent {

    static final int MOST_BYTES = 64 * 1024;

    private MessageContent() {}

    static String checked(String content) {
        if (content == null) {
            throw Problem.invalid(
                    "The message has no text: the field \"content\" is missing. Send at least one character.");
        }
        if (!Visible.in(content)) {
            throw Problem.invalid("The message is empty. Write at least one visible character.");
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
