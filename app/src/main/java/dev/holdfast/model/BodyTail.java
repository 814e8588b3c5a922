package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import okio.Buffer;
import okio.Okio;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A stream's body that passes through, ends behind the last event, and leaves its last bytes, which say how it ended. Needed
 * because the SDKs read on to the end of the body, which some servers leave open and some never send; because they drop the
 * last event where the empty line behind it is left out; and because OpenAI's knows OpenAI's finish reasons alone, and Spring
 * AI makes no difference between one that it does not know and none.
 */
final class BodyTail implements Source {
    /** The end of the text, the usage and [DONE] are a few hundred. */
    private static final int LENGTH = 2048;

    // quotes and line breaks of what the model says are escaped there
    private static final Pattern REASON = Pattern.compile("\"finish_reason\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern DONE = Pattern.compile("[\\r\\n]data:\\s*\\[DONE]");

    // asked for each piece of the stream: of its line only as much as can match
    private static final int LAST_EVENT_LENGTH = 32;
    private static final Pattern LAST_EVENT = Pattern.compile("data: ?(\\[DONE]|\\{\"type\": ?\"message_stop\")");
    private static final String EMPTY_LINE = "\n\n";
    private static final JsonMapper JSON = new JsonMapper();

    private static final Source CLOSED = closed();

    private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();
    private final byte[] tail = new byte[LENGTH];
    private int kept;
    private Source body;

    BodyTail(Source body) {
        this.body = body;
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        if (isOver()) return -1;
        long read = body.read(sink, byteCount);
        if (read < 0 && endsWithAnEvent()) {
            sink.writeUtf8(EMPTY_LINE);
            read = EMPTY_LINE.length();
        }
        if (read > 0) keep(sink, (int) Math.min(read, LENGTH));
        return read;
    }

    @Override
    public Timeout timeout() {
        return body.timeout();
    }

    /** Lets go of the connection and the request: an SDK keeps what it reads until the collector has found it. */
    @Override
    public void close() throws IOException {
        body.close();
        body = CLOSED;
    }

    private static Source closed() {
        var closed = Okio.buffer((Source) new Buffer());
        try (closed) {
            return closed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last so many bytes of the buffer. */
    private void keep(Buffer buffer, int bytes) {
        int before = Math.min(kept, LENGTH - bytes);
        System.arraycopy(tail, kept - before, tail, 0, before);
        kept = before;
        try (var last = buffer.readUnsafe(cursor)) {
            for (int n = last.seek(buffer.size() - bytes); n > 0; n = last.next()) {
                System.arraycopy(last.data, last.start, tail, kept, n);
                kept += n;
            }
        }
    }

    /** Whether the last event is here, and the empty line with which it counts. */
    private boolean isOver() {
        return lineEnds() > 1 && LAST_EVENT.matcher(lastLine(LAST_EVENT_LENGTH)).lookingAt();
    }

    /** Whether that is all that is missing: a line of which the end was cut off is no event. */
    private boolean endsWithAnEvent() {
        if (lineEnds() > 0) return lineEnds() == 1;
        String data = lastLine(LENGTH).replaceFirst("^data: ?", "");
        return data.equals("[DONE]") || isJson(data);
    }

    private static boolean isJson(String data) {
        try {
            return JSON.readTree(data).isObject();
        } catch (JacksonException e) {
            return false;
        }
    }

    /** What is kept of the last line that is not empty, at most so many bytes of its beginning. */
    private String lastLine(int most) {
        int end = end();
        int begin = end;
        while (begin > 0 && !isLineEnd(begin - 1)) begin--;
        return new String(tail, begin, Math.min(end - begin, most), UTF_8);
    }

    private int lineEnds() {
        int lines = 0;
        for (int i = end(); i < kept; i++) {
            if (tail[i] == '\n') lines++;
        }
        return lines;
    }

    private int end() {
        int end = kept;
        while (end > 0 && isLineEnd(end - 1)) end--;
        return end;
    }

    private boolean isLineEnd(int i) {
        return tail[i] == '\n' || tail[i] == '\r';
    }

    /** The server's own word for why its answer ended, stop where it only says that it did; null: it was cut off. */
    @Nullable
    String finishReason() {
        String all = new String(tail, 0, kept, UTF_8);
        String end = all.substring(0, all.lastIndexOf('\n') + 1); // of an event without its end nothing was heard
        String reason = DONE.matcher(end).find() ? "stop" : null;
        var reasons = REASON.matcher(end);
        while (reasons.find()) {
            reason = reasons.group(1);
        }
        return reason;
    }
}
