package dev.holdfast.feed;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;

/**
 * Turns a request that has been let in into a feed. The outermost filter, so that by then everything else has ended:
 * the session is stored, the security headers are set, the request's observation is closed, and a browser that stays
 * for a day holds none of it.
 */
final class FeedFilter extends HttpFilter {

    private final transient Relay relay;

    FeedFilter(Relay relay) {
        this.relay = relay;
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        chain.doFilter(request, response);
        if (request.getAttribute(Entrance.ATTRIBUTE) instanceof Entrance entrance && !response.isCommitted()) {
            open(request, response, entrance);
        }
    }

    private void open(HttpServletRequest request, HttpServletResponse response, Entrance entrance) throws IOException {
        if (!relay.isRunning()) {
            response.setHeader("Retry-After", "1");
            response.sendError(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
            return;
        }
        Collections.list(request.getAttributeNames()).forEach(request::removeAttribute);
        response.setContentType("text/event-stream");
        response.setCharacterEncoding("utf-8");
        response.setHeader("Cache-Control", "no-cache, no-transform");
        response.setHeader("X-Accel-Buffering", "no");
        // a feed ends with its connection, so its bytes need no chunks around them
        response.setHeader("Connection", "close");
        var connection = JettyConnection.of(request);
        response.flushBuffer();
        var context = request.startAsync();
        context.setTimeout(0);
        relay.join(
                new Subscriber(entrance.account(), entrance.session(), context, connection, relay),
                entrance.memberships());
    }
}
