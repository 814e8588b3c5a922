package dev.holdfast.feed;

import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.media.Content;
import io.swagger.v3.oas.annotations.media.Schema;
import io.swagger.v3.oas.annotations.responses.ApiResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.Principal;
import java.util.List;
import java.util.UUID;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Lets a signed-in browser in to the feed. {@link FeedFilter} writes the stream, once this request is done with. */
@RestController
@WebSide
final class FeedController {

    private final Permissions permissions;

    FeedController(Permissions permissions) {
        this.permissions = permissions;
    }

    @GetMapping("/api/feed")
    @Operation(summary = "Server-sent events for all my channels: hello, channel, heads, account, read")
    @ApiResponse(
            responseCode = "200",
            content =
                    @Content(
                            mediaType = MediaType.TEXT_EVENT_STREAM_VALUE,
                            schema =
                                    @Schema(
                                            type = "string",
                                            description = "channel's data is Changes with the channel's id")))
    void feed(HttpServletRequest request, HttpServletResponse response, Principal principal) {
        if (!request.getMethod().equals("GET")) return; // HEAD is mapped too, and has no stream
        var account = UUID.fromString(principal.getName());
        var session = request.getSession().getId();
        request.setAttribute(
                Entrance.ATTRIBUTE, new Entrance(account, session, permissions.memberships(List.of(account))));
    }
}
