package dev.holdfast.channel;

import dev.holdfast.security.Limits;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.OffsetDateTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What one does to a message that is there. Every call answers with the message as it is now. */
@WebSide
@RestController
@RequestMapping(path = "/api/messages/{id}", produces = MediaType.APPLICATION_JSON_VALUE)
@ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = MessageJson.class)))
@Tag(name = "Messages")
class OneMessageController {

    record Edited(String content) {}

    @Schema(description = "Which run of the reply is meant; by default whichever there is")
    record Run(
            @Schema(
                    description =
                            "its generation's queuedAt as it was shown; one that was queued at another time is left as it is")
            OffsetDateTime queuedAt) {}

    private final Messages messages;
    private final Limits limits;

    OneMessageController(Messages messages, Limits limits) {
        this.messages = messages;
        this.limits = limits;
    }

    @GetMapping
    @Operation(summary = "One message")
    String one(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        return messages.one(id, me.id())
                .orElseThrow(() -> Problem.notFound("There is no message %s that you may read.".formatted(id)));
    }

    @PatchMapping
    @Operation(summary = "Edit my message; a mention that is new summons its agent")
    String edit(@PathVariable UUID id, @RequestBody Edited edited, @AuthenticationPrincipal SignedIn me) {
        var content = MessageContent.checked(edited.content());
        limits.takePosting(me.id());
        limits.takeSummoning(me.id(), content, id);
        return messages.edit(id, me.id(), content);
    }

    @DeleteMapping
    @Operation(summary = "Delete a message: a tombstone without text stays")
    String delete(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        return messages.delete(id, me.id());
    }

    @PostMapping("/stop")
    @Operation(summary = "Stop a running or queued reply; its text so far stays")
    String stop(
            @PathVariable UUID id,
            @RequestBody(required = false) @Nullable Run shown,
            @AuthenticationPrincipal SignedIn me) {
        return messages.stop(id, me.id(), shown == null ? null : shown.queuedAt());
    }

    @PostMapping("/retry")
    @Operation(summary = "Run a reply again; its old text stays until the new one begins")
    String retry(
            @PathVariable UUID id,
            @RequestBody(required = false) @Nullable Run shown,
            @AuthenticationPrincipal SignedIn me) {
        limits.takeSummoning(me.id(), 1);
        return messages.retry(id, me.id(), shown == null ? null : shown.queuedAt());
    }
}
