package dev.holdfast.feed;

import dev.holdfast.web.Problem;
import dev.holdfast.web.ProblemWriter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
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
            var problem = Problem.unavailable(
                    "This server is shutting down and opens no feed any more. Try again, it may be another one that answers.",
                    Duration.ofSeconds(1));
            ProblemWriter.write(problem, request, response);
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
        connection.setIdleTimeout(0); // not before: who reads nothing would hold this thread in the flush for good
        var context = request.startAsync();
        context.setTimeout(0);
        relay.join(
                new Subscriber(entrance.account(), entrance.session(), context, connection, relay),
                entrance.memberships());
    }
}
