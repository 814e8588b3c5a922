package dev.holdfast.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.springframework.core.io.Resource;

/**
 * A file of the page.
 *
 * @param path as the browser asks for it, with the slash in front
 */
record PageFile(String path, byte[] content) {

    static PageFile read(String path, Resource resource) {
        try {
            return new PageFile(path, resource.getContentAsByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " of the page cannot be read from the program's own jar", e);
        }
    }

    String text() {
        return new String(content, StandardCharsets.UTF_8);
    }

    /** As Subresource Integrity and Content-Security-Policy write it. */
    String integrity() {
        return integrity(content);
    }

    static String integrity(byte[] content) {
        return "sha256-" + Base64.getEncoder().encodeToString(sha256().digest(content));
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
