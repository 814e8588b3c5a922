package dev.holdfast.web;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;

/**
 * Leaves of what tells of a browser's address the proxy's own word: the last address in X-Forwarded-For. The addresses before
 * it and the header Forwarded may be the browser's invention, and Jetty would believe these first.
 */
final class AsTheProxySaw implements HttpConfiguration.Customizer {

    @Override
    public Request customize(Request request, HttpFields.Mutable answer) {
        var told = request.getHeaders().getCSV(HttpHeader.X_FORWARDED_FOR, false);
        if (told.isEmpty() && !request.getHeaders().contains(HttpHeader.FORWARDED)) return request;
        var headers = HttpFields.build(request.getHeaders()).remove(HttpHeader.FORWARDED);
        if (!told.isEmpty()) headers.put(HttpHeader.X_FORWARDED_FOR, told.getLast());
        var left = headers.asImmutable();
        return new Request.Wrapper(request) {
            @Override
            public HttpFields getHeaders() {
                return left;
            }
        };
    }
}
