package dev.holdfast.feed;

import jakarta.servlet.http.HttpServletRequest;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.EndPoint;

/** The connection below a request, which the servlet API doesn't show. */
final class JettyConnection {

    private JettyConnection() {}

    /**
     * The connection for the feed's alone use, once the response's head has been sent. From then on the heads notice a dead
     * browser; Jetty's own idle timer would cost a task for each.
     *
     * @throws IllegalStateException over HTTP/2, where a connection is shared by requests
     */
    static EndPoint of(HttpServletRequest request) {
        var metaData = ServletContextRequest.getServletContextRequest(request).getConnectionMetaData();
        if (metaData.getHttpVersion().getVersion() > HttpVersion.HTTP_1_1.getVersion()) {
            throw new IllegalStateException("The feed needs HTTP/1.1 here, not " + metaData.getHttpVersion()
                    + "; switch server.http2.enabled off and let a reverse proxy speak HTTP/2 to browsers");
        }
        return metaData.getConnection().getEndPoint();
    }
}
