package dev.holdfast.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;

/** A file of the page, in memory. */
final class PageFile extends ByteArrayResource {

    private final String path;
    private final String integrity;

    PageFile(String path, byte[] content) {
        super(content, path + " of the page");
        this.path = path;
        integrity = integrity(content);
    }

    static PageFile read(String path, Resource resource) {
        try {
            return new PageFile(path, resource.getContentAsByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " of the page cannot be read from the program's own jar", e);
        }
    }

    /** As the browser asks for it, with the slash in front. */
    String path() {
        return path;
    }

    byte[] content() {
        return getByteArray();
    }

    /** Its type is told by its name. */
    @Override
    public String getFilename() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Told by its name, as for whoever asks for the file itself. */
    MediaType type() {
        return MediaTypeFactory.getMediaType(getFilename())
                .orElseThrow(
                        () -> new IllegalStateException(path + " of the page is of a type that browsers are not told"));
    }

    String text() {
        return new String(content(), StandardCharsets.UTF_8);
    }

    /** As Subresource Integrity and Content-Security-Policy write it. */
    String integrity() {
        return integrity;
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
