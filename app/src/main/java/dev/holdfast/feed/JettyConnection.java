package dev.holdfast.feed;

import jakarta.servlet.http.HttpServletRequest;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;

/** What of the connection below a request the servlet API doesn't show. */
final class JettyConnection {

    private JettyConnection() {}

    /** The heads notice a dead browser; Jetty's own idle timer would cost a task for each. */
    static void neverIdle(HttpServletRequest request) {
        ServletContextRequest.getServletContextRequest(request)
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint()
                .setIdleTimeout(0);
    }
}
