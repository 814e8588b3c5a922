package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.regex.Pattern;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * An answer's body that passes through and leaves its last bytes, which say how it ended. Needed because the SDK knows
 * OpenAI's finish reasons alone, and Spring AI makes no difference between one that it does not know and none.
 */
final class BodyTail extends ForwardingSource {
    /** The end of the text, the usage and [DONE] are a few hundred. */
    private static final int LENGTH = 2048;

    // quotes and line breaks of what the model says are escaped there
    private static final Pattern REASON = Pattern.compile("\"finish_reason\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern DONE = Pattern.compile("[\\r\\n]data:\\s*\\[DONE]");

    private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();
    private final byte[] tail = new byte[LENGTH];
    private int kept;

    BodyTail(Source body) {
        super(body);
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        long read = super.read(sink, byteCount);
        if (read > 0) keep(sink, (int) Math.min(read, LENGTH));
        return read;
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

    /** The server's own word for why its answer ended, stop where it only says that it did; null: it was cut off. */
    @Nullable
    String finishReason() {
        String end = new String(tail, 0, kept, UTF_8);
        String reason = DONE.matcher(end).find() ? "stop" : null;
        var reasons = REASON.matcher(end);
        while (reasons.find()) {
            reason = reasons.group(1);
        }
        return reason;
    }
}
