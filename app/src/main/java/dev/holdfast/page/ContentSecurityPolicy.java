package dev.holdfast.page;

import java.nio.charset.StandardCharsets;

/**
 * The page's Content-Security-Policy header: everything comes from here, no inline script but the import map, which is
 * named by its hash. What people and models write can therefore neither run nor load anything.
 */
public record ContentSecurityPolicy(String value) {

    static ContentSecurityPolicy of(String importMap) {
        var hash = PageFile.integrity(importMap.getBytes(StandardCharsets.UTF_8));
        return new ContentSecurityPolicy(String.join(
                "; ",
                "default-src 'none'",
                "script-src 'self' '" + hash + "'",
                "style-src 'self'",
                "img-src 'self' data:",
                "connect-src 'self'",
                "manifest-src 'self'",
                "worker-src 'self'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'"));
    }
}
