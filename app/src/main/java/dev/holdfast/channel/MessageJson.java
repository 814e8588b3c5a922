package dev.holdfast.channel;

import io.swagger.v3.oas.annotations.media.Schema;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;

/** A message as everybody sees it. SQL builds the JSON (chat.message_json) and it passes through as it is; this describes it. */
@Schema(name = "Message")
record MessageJson(
        UUID id,
        UUID channelId,
        Author author,

        @Schema(description = "of a running reply: all its text so far, written under textFence")
        String content,

        @Schema(allowableValues = {"complete", "queued", "thinking", "streaming", "stopped", "failed"})
        String status,

        @Schema(description = "the channel's seq at the message's last change")
        long seq,

        @Schema(description = "the channel's seq when it was written; gives the order")
        long position,

        @Schema(nullable = true) UUID replyTo,

        OffsetDateTime createdAt,

        @Schema(nullable = true) OffsetDateTime editedAt,

        boolean deleted,

        @Schema(description = "of an agent's reply: the fence under which its text was written", nullable = true)
        Long textFence,

        @Schema(description = "of an agent's reply") Generation generation) {

    @Schema(name = "Author")
    record Author(
            UUID id,
            String handle,
            String displayName,
            @Schema(allowableValues = {"human", "agent"}) String kind) {}

    @Schema(name = "Generation")
    record Generation(
            long id,

            @Schema(allowableValues = {"queued", "running", "completed", "failed", "cancelled"})
            String state,

            int attempt,
            int maxAttempts,
            long fence,
            OffsetDateTime runAt,
            @Schema(nullable = true) String error,

            @Schema(description = "of the error, for programs", nullable = true)
            String errorCode,

            String model,
            OffsetDateTime queuedAt,
            @Schema(nullable = true) OffsetDateTime firstTokenAt,
            @Schema(nullable = true) OffsetDateTime finishedAt) {}

    @Schema(name = "Changes", description = "All that takes a client from after to seq")
    record Changes(long after, long seq, List<MessageJson> messages, List<Text> text) {}

    @Schema(name = "Text", description = "Text of a running reply from an offset in UTF-16 code units")
    record Text(UUID message, long fence, int at, String text) {}
}
