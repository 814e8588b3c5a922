package dev.holdfast.page;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.Resource;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.MediaTypeFactory;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.servlet.resource.HttpResource;

/** A file of the page, in memory. */
final class PageFile extends ByteArrayResource implements HttpResource {

    private final String path;
    private final HttpHeaders headers = new HttpHeaders();
    // when they are first asked for: a start has no time for them
    private final Supplier<String> integrity = SingletonSupplier.of(() -> integrity(content()));
    private final Supplier<PageFile> gzipped = SingletonSupplier.of(this::gzip);

    PageFile(String path, byte[] content) {
        super(content, path + " of the page");
        this.path = path;
        headers.set(HttpHeaders.VARY, HttpHeaders.ACCEPT_ENCODING);
    }

    static PageFile read(String path, Resource resource) {
        try {
            return new PageFile(path, resource.getContentAsByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " of the page cannot be read from the program's own jar", e);
        }
    }

    /** The same for browsers that unpack it. */
    PageFile gzipped() {
        return gzipped.get();
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

    @Override
    public HttpHeaders getResponseHeaders() {
        return headers;
    }

    /** As whoever asks for the file itself is told. */
    MediaType type() {
        return MediaTypeFactory.getMediaType(getFilename())
                .orElseThrow(
                        () -> new IllegalStateException(path + " of the page is of a type that browsers are not told"));
    }

    String text() {
        return new String(content(), StandardCharsets.UTF_8);
    }

    /** Of its bytes as they are sent, as Subresource Integrity and Content-Security-Policy write it. */
    String integrity() {
        return integrity.get();
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

    private PageFile gzip() {
        var bytes = new ByteArrayOutputStream();
        try (var packed = new GZIPOutputStream(bytes)) {
            packed.write(content());
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail to be written", e);
        }
        var file = new PageFile(path, bytes.toByteArray());
        file.headers.set(HttpHeaders.CONTENT_ENCODING, "gzip");
        return file;
    }
}
