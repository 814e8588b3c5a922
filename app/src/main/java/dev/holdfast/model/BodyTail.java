package dev.holdfast.model;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.regex.Pattern;
import okio.Buffer;
import okio.ForwardingSource;
import okio.Source;
import org.jspecify.annotations.Nullable;

/**
 * A stream's body that passes through, ends behind the last event, and leaves its last bytes, which say how it ended. Needed
 * because the SDKs read on to the end of the body, which some servers leave open and some never send; and because OpenAI's
 * knows OpenAI's finish reasons alone, and Spring AI makes no difference between one that it does not know and none.
 */
final class BodyTail extends ForwardingSource {
    /** The end of the text, the usage and [DONE] are a few hundred. */
    private static final int LENGTH = 2048;

    // quotes and line breaks of what the model says are escaped there
    private static final Pattern REASON = Pattern.compile("\"finish_reason\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern DONE = Pattern.compile("[\\r\\n]data:\\s*\\[DONE]");

    private static final Pattern LAST_EVENT = Pattern.compile("data: ?(\\[DONE]|\\{\"type\": ?\"message_stop\")");
    private static final int LONGEST_START = 40;

    private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();
    private final byte[] tail = new byte[LENGTH];
    private int kept;

    BodyTail(Source body) {
        super(body);
    }

    @Override
    public long read(Buffer sink, long byteCount) throws IOException {
        if (isOver()) return -1;
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

    /** Whether the last event is here, and the empty line with which it counts. */
    private boolean isOver() {
        int end = kept;
        while (end > 0 && isLineEnd(end - 1)) end--;
        if (kept - end < 2) return false;
        int begin = end;
        while (begin > 0 && !isLineEnd(begin - 1)) begin--;
        String start = new String(tail, begin, Math.min(end - begin, LONGEST_START), US_ASCII);
        return LAST_EVENT.matcher(start).lookingAt();
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
