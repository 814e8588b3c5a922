package dev.holdfast.page;

/**
 * The page's Content-Security-Policy header: everything comes from here, no inline script but the import map, which is
 * named by its hash. What people and models write can therefore neither run nor load anything.
 */
public record ContentSecurityPolicy(String value) {

    static ContentSecurityPolicy of(String importMap) {
        var hash = PageFile.integrity(importMap.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return new ContentSecurityPolicy(String.join("; ",
                "default-src 'self'",
                "script-src 'self' '" + hash + "'",
                "img-src 'self' data:",
                "object-src 'none'",
                "base-uri 'none'",
                "form-action 'self'",
                "frame-ancestors 'none'"));
    }
}
