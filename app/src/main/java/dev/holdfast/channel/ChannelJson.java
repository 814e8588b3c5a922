package dev.holdfast.channel;

import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import java.util.UUID;

/** A channel as its member sees it. SQL builds the JSON; this describes it. */
@Schema(name = "Channel")
record ChannelJson(
        UUID id,

        @Schema(description = "of a direct message: the handles of its people")
        String name,

        @Schema(allowableValues = {"public", "private", "direct"})
        String kind,

        @Schema(
                description = "mine in it",
                allowableValues = {"owner", "member"})
        String role,

        @Schema(description = "number of changes of its messages so far")
        long seq,

        @Schema(description = "messages of others after lastReadSeq, counted up to 100")
        int unread,

        long lastReadSeq,
        int memberCount,

        @Schema(description = "of a direct message; otherwise null: see /members", nullable = true)
        List<MessageJson.Author> members) {}
