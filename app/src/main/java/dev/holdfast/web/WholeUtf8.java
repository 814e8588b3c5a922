package dev.holdfast.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.io.IOContext;
import tools.jackson.core.io.InputDecorator;

/** Refuses a body that is no UTF-8, before it is parsed: the parser itself reads overlong forms as the character they hide. */
final class WholeUtf8 extends InputDecorator {

    @Override
    public InputStream decorate(IOContext context, InputStream body) {
        try {
            var bytes = body.readAllBytes(); // WholeBody has a hand on it
            return decorate(context, bytes, 0, bytes.length);
        } catch (IOException e) {
            throw JacksonIOException.construct(e);
        }
    }

    @Override
    public InputStream decorate(IOContext context, byte[] bytes, int from, int length) {
        var source = ByteBuffer.wrap(bytes, from, length);
        if (StandardCharsets.UTF_8
                .newDecoder()
                .decode(source, CharBuffer.allocate(length), true)
                .isError()) {
            throw Problem.malformed(
                    "The body is not valid UTF-8 at byte %d. Send JSON in UTF-8.".formatted(source.position() - from));
        }
        return new ByteArrayInputStream(bytes, from, length);
    }

    @Override
    public Reader decorate(IOContext context, Reader characters) {
        return characters;
    }
}
