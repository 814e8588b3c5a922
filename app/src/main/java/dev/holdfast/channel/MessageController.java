package dev.holdfast.channel;

import dev.holdfast.security.Limits;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.Parameter;
import io.swagger.v3.oas.annotations.headers.Header;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** The messages of a channel. */
@WebSide
@RestController
@RequestMapping(path = "/api/channels/{channel}", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Messages")
class MessageController {

    /** @param id made by the client, so that sending it again is harmless */
    record NewMessage(UUID id, String content, UUID replyTo) {}

    private final Messages messages;
    private final Limits limits;

    MessageController(Messages messages, Limits limits) {
        this.messages = messages;
        this.limits = limits;
    }

    @PostMapping("/messages")
    @Operation(summary = "Write a message; the same id again is 200 and the same message")
    @ApiResponse(responseCode = "201", content = @Content(schema = @Schema(implementation = MessageJson.class)))
    @ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = MessageJson.class)))
    ResponseEntity<String> post(
            @PathVariable UUID channel, @RequestBody NewMessage wanted, @AuthenticationPrincipal SignedIn me) {
        if (wanted.id() == null) {
            throw Problem.invalid(
                    "The field \"id\" is missing. Send a new random UUID, and the same one again when you repeat the call.");
        }
        var content = MessageContent.checked(wanted.content());
        try {
            limits.takePosting(me.id());
            limits.takeSummoning(me.id(), content, wanted.id());
        } catch (Problem refused) {
            // what is there was only sent again, as after an answer that was lost
            return ResponseEntity.ok(
                    messages.posted(wanted.id(), channel, me.id()).orElseThrow(() -> refused));
        }
        var posted = messages.post(wanted.id(), channel, me.id(), content, wanted.replyTo());
        return ResponseEntity.status(posted.created() ? HttpStatus.CREATED : HttpStatus.OK)
                .body(posted.message());
    }

    @GetMapping("/messages")
    @Operation(
            summary = "A page of history, newest first: the messages whose position is below before",
            description = "Fewer than limit where their text comes to 2 MB: the Link tells whether more follow.")
    @ApiResponse(
            responseCode = "200",
            headers =
                    @Header(
                            name = "Link",
                            description = "the address of the next page, as rel=\"next\"; left out with the last one",
                            schema = @Schema(type = "string")),
            content = @Content(array = @ArraySchema(schema = @Schema(implementation = MessageJson.class))))
    ResponseEntity<String> history(
            @PathVariable UUID channel,
            @RequestParam(required = false) Long before,
            @RequestParam(defaultValue = "50") int limit,
            @AuthenticationPrincipal SignedIn me) {
        Bounds.within("limit", limit, 200);
        var page = messages.history(channel, me.id(), before, limit);
        var answer = ResponseEntity.ok();
        if (page.next() != null) {
            answer.header(
                    HttpHeaders.LINK,
                    "</api/channels/%s/messages?before=%d&limit=%d>; rel=\"next\""
                            .formatted(channel, page.next(), limit));
        }
        return answer.body(page.messages());
    }

    @GetMapping("/changes")
    @Operation(
            summary = "What changed after a seq: what takes a client that was at after to seq",
            description =
                    "All of it, or after a long absence the first 5,000 messages or 2 MB: ask again from seq until"
                            + " an answer brings no message. An answer whose seq is below after says that the database was put"
                            + " back to an earlier moment: throw away what you hold of the channel and ask again from 0.")
    @ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = MessageJson.Changes.class)))
    String changes(
            @PathVariable UUID channel,
            @RequestParam long after,
            @Parameter(
                            description = "ids of messages that you have seen to change up to after, the one that has"
                                    + " this seq first: by them an earlier moment is recognised though the channel has"
                                    + " come past after again")
                    @RequestParam(defaultValue = "")
                    List<UUID> seen,
            @AuthenticationPrincipal SignedIn me) {
        if (after < 0) {
            throw Problem.invalid("The parameter \"after\" must be a seq from 0, not %d.".formatted(after));
        }
        return messages.changes(channel, me.id(), after, seen);
    }
}
