package dev.holdfast.channel;

import dev.holdfast.security.Limits;
import dev.holdfast.security.SignedIn;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.util.List;
import java.util.UUID;
import org.springframework.http.HttpStatus;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Who is in a channel. A removed member's feed is told by a trigger and gets nothing more. */
@WebSide
@RestController
@RequestMapping("/api/channels/{id}/members")
@Tag(name = "Channels")
class MemberController {

    record Added(String handle) {}

    private final Channels channels;
    private final Limits limits;

    MemberController(Channels channels, Limits limits) {
        this.channels = channels;
        this.limits = limits;
    }

    @GetMapping
    @Operation(summary = "The members of a channel that I am in")
    List<Channels.Member> members(@PathVariable UUID id, @AuthenticationPrincipal SignedIn me) {
        return channels.members(id, me.id());
    }

    @PostMapping
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            summary = "Add somebody to a channel that I am in, or myself to a public one",
            description = "Administrators also add people to a private channel that nobody can read any more."
                    + " A person is in at most 1,000 channels: 409. Too many added: 429.")
    void add(@PathVariable UUID id, @RequestBody Added added, @AuthenticationPrincipal SignedIn me) {
        var handle = handle(added.handle());
        if (!handle.equalsIgnoreCase(me.handle())) {
            limits.takeAdding(me);
        }
        channels.add(id, me.id(), handle);
    }

    @DeleteMapping("/{handle}")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    @Operation(
            summary = "Leave, or remove somebody (owners of the channel and administrators)",
            description = "The last person stays in a private channel: 409.")
    void remove(@PathVariable UUID id, @PathVariable String handle, @AuthenticationPrincipal SignedIn me) {
        channels.remove(id, me.id(), handle(handle));
    }

    private static String handle(String handle) {
        if (handle == null || handle.isBlank()) {
            throw Problem.invalid("The handle is missing. Send the handle of the one you mean.");
        }
        return handle.strip().replaceFirst("^@", "");
    }
}
