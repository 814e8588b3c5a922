package dev.holdfast.channel;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.holdfast.security.Limits;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.ArraySchema;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** My channels. */
@WebSide
@RestController
@RequestMapping(path = "/api/channels", produces = MediaType.APPLICATION_JSON_VALUE)
@Tag(name = "Channels")
class ChannelController {

    /** Either a name, or the handles of a direct message. */
    record NewChannel(String name, @JsonProperty("private") Boolean hidden, List<String> direct) {}

    record Renamed(String name) {}

    record Read(Long seq) {}

    private final Channels channels;
    private final Limits limits;
    private final TransactionTemplate transaction;

    ChannelController(Channels channels, Limits limits, PlatformTransactionManager transactions) {
        this.channels = channels;
        this.limits = limits;
        this.transaction = new TransactionTemplate(transactions);
    }

    @GetMapping
    @Operation(summary = "The channels that I am in")
    @ApiResponse(
            responseCode = "200",
            content = @Content(array = @ArraySchema(schema = @Schema(implementation = ChannelJson.class))))
    String mine(@AuthenticationPrincipal SignedIn me) {
        return channels.mine(me.id());
    }

    @PostMapping
    @Operation(
            summary = "Make a channel, or open a direct message: 200 if the same people have one already",
            description =
                    "A person is in at most 1,000 channels and opens at most 1,000 direct messages: 409. Too many made: 429.")
    @ApiResponse(responseCode = "201", content = @Content(schema = @Schema(implementation = ChannelJson.class)))
    @ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = ChannelJson.class)))
    ResponseEntity<String> make(@RequestBody NewChannel wanted, @AuthenticationPrincipal SignedIn me) {
        if (wanted.direct() != null) {
            return openDirect(wanted, me);
        }
        var name = ChannelName.checked(wanted.name());
        limits.takeMaking(me);
        var made = channels.make(me.id(), name, Boolean.TRUE.equals(wanted.hidden()));
        return ResponseEntity.status(HttpStatus.CREATED).body(channels.mine(me.id(), made));
    }

    private ResponseEntity<String> openDirect(NewChannel wanted, SignedIn me) {
        if (wanted.name() != null || wanted.hidden() != null) {
            throw Problem.invalid(
                    "A direct message has no name and is always private. Send {\"direct\": [\"handle\"]} alone.");
        }
        var handles = wanted.direct().stream()
                .map(handle -> handle == null ? "" : handle.strip().replaceFirst("^@", ""))
                .toList();
        if (handles.isEmpty() || handles.stream().anyMatch(handle -> handle.isEmpty() || handle.contains(" "))) {
            throw Problem.invalid(
                    "A direct message needs the handle of at least one person. Send {\"direct\": [\"handle\"]}.");
        }
        var opened = transaction.execute(status -> openOrMake(handles, me));
        return ResponseEntity.status(opened.created() ? HttpStatus.CREATED : HttpStatus.OK)
                .body(channels.mine(me.id(), opened.channelId()));
    }

    /** One that is there is opened whatever is used up; a new one is undone where it was one too many. */
    private Channels.Opened openOrMake(List<String> handles, SignedIn me) {
        var opened = channels.openDirect(me.id(), handles);
        if (opened.created()) {
            limits.takeMaking(me);
        }
        return opened;
    }

    @GetMapping("/public")
    @Operation(
            summary = "Public channels, joined or not",
            description = "The first 1,000 by name of those whose names have this part in them.")
    List<Channels.PublicChannel> publicOnes(
            @RequestParam(defaultValue = "") String part, @AuthenticationPrincipal SignedIn me) {
        return channels.publicOnes(me.id(), part);
    }

    @PatchMapping("/{id}")
    @Operation(summary = "Rename a channel (its owners and administrators)")
    @ApiResponse(responseCode = "200", content = @Content(schema = @Schema(implementation = ChannelJson.class)))
    String rename(@PathVariable UUID id, @RequestBody Renamed renamed, @AuthenticationPrincipal SignedIn me) {
        channels.rename(id, me.id(), ChannelName.checked(renamed.name()));
        return channels.mine(me.id(), id);
    }

    @PutMapping("/{id}/read")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(summary = "I have read up to this seq; my other devices follow")
    void read(@PathVariable UUID id, @RequestBody Read read, @AuthenticationPrincipal SignedIn me) {
        if (read.seq() == null || read.seq() < 0) {
            throw Problem.invalid(
                    "The field \"seq\" must be a whole number from 0. Send the seq up to which was read.");
        }
        channels.markRead(id, me.id(), read.seq());
    }
}
