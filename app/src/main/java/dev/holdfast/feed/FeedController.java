package dev.holdfast.feed;

import dev.holdfast.web.WebSide;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.security.Principal;
import java.util.List;
import java.util.UUID;
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
    void feed(HttpServletRequest request, HttpServletResponse response, Principal principal) {
        if (!request.getMethod().equals("GET")) return; // HEAD is mapped too, and has no stream
        var account = UUID.fromString(principal.getName());
        var session = request.getSession().getId();
        request.setAttribute(
                Entrance.ATTRIBUTE, new Entrance(account, session, permissions.memberships(List.of(account))));
    }
}
