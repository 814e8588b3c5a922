package dev.holdfast.worker;

import static java.util.Comparator.comparingInt;

import dev.holdfast.generation.Chunk;
import dev.holdfast.generation.Chunk.Refusal;
import dev.holdfast.generation.Chunks;
import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Completion;
import dev.holdfast.generation.Durable;
import dev.holdfast.generation.Held;
import dev.holdfast.worker.Written.Status;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Brings the text of all replies of this process into the rows: one pass, one transaction for all their new text. After
 * any error it re-reads how far the rows got and goes on from memory, which still holds everything. One thread.
 *
 * <p>A pass: believe nothing doubtful, show what has begun, append what is new, fold what has ended.
 */
final class Flusher {
    private static final Logger log = LoggerFactory.getLogger(Flusher.class);

    /** Replies, and UTF-16 code units of theirs, that one statement folds: some tenths of a second. */
    private static final int MOST_FOLDED = 100;

    private static final int MOST_FOLDED_TEXT = 1_000_000;

    private static final Duration LONG_FOLD = Duration.ofMillis(200);

    private final Chunks chunks;
    private final LongSupplier worker;
    private final Collection<Reply> replies;
    private final WorkerMetrics metrics;

    /** @param replies all that run, a live view */
    Flusher(Chunks chunks, LongSupplier worker, Collection<Reply> replies, WorkerMetrics metrics) {
        this.chunks = chunks;
        this.worker = worker;
        this.replies = replies;
        this.metrics = metrics;
    }

    /**
     * @return whether there is more to write at once: a busy reply was left out, or a text was longer than a chunk
     * @throws DataAccessException when the database failed; what was under way is doubted and read again next time
     */
    boolean flush() {
        return flush(select(replies, Reply::flushable));
    }

    /** The same for the replies alone whose first text or end is here. */
    void flushBegunAndEnded() {
        flush(select(replies, reply -> reply.flushable() && (ends(reply) || thinks(reply) || speaks(reply))));
    }

    private boolean flush(List<Reply> ours) {
        List<Reply> writing = select(ours, reply -> !ends(reply));
        reread(select(writing, reply -> reply.written.doubtful()));
        show(Status.THINKING, select(writing, Flusher::thinks), chunks::startThinking);
        show(Status.STREAMING, select(writing, Flusher::speaks), chunks::startStreaming);
        append(select(writing, reply -> reply.written.status == Status.STREAMING && reply.flushable()));
        fold(select(ours, Flusher::ends));
        return ours.stream().anyMatch(reply -> reply.flushable() && behind(reply));
    }

    private static boolean thinks(Reply reply) {
        return reply.written.status == Status.QUEUED && reply.asked() && reply.text.length() == 0;
    }

    private static boolean speaks(Reply reply) {
        return reply.written.status != Status.STREAMING && reply.text.length() > 0;
    }

    /** One whose fold was refused lately does not: meanwhile its text at least is written. */
    private static boolean ends(Reply reply) {
        return reply.completion() != null && !reply.written.rests();
    }

    private static boolean behind(Reply reply) {
        return ends(reply) || thinks(reply) || reply.text.length() > reply.written.end();
    }

    private void reread(List<Reply> doubtful) {
        if (doubtful.isEmpty()) return;
        Map<UUID, Durable> rows = chunks.durable(worker.getAsLong(), claims(doubtful)).stream()
                .collect(Collectors.toMap(Durable::message, Function.identity()));
        for (Reply reply : doubtful) {
            Durable durable = rows.get(reply.claimed.message());
            if (durable == null) {
                fenced(reply);
            } else {
                reply.written.learn(durable);
            }
        }
    }

    private void show(Status status, List<Reply> begun, Function<Collection<Claimed>, List<Held>> start) {
        if (begun.isEmpty()) return;
        forEach(begun, start.apply(claims(begun)), (reply, held) -> {
            if (held) reply.written.status = status;
            else fenced(reply);
        });
    }

    private void append(List<Reply> streaming) {
        Map<Reply, Chunk> next = new LinkedHashMap<>();
        for (Reply reply : streaming) {
            Chunk chunk = reply.written.next(reply);
            if (chunk == null) continue;
            next.put(reply, chunk);
            reply.written.doubt(); // until the answer is here
        }
        if (next.isEmpty()) return;
        Map<UUID, Refusal> refused =
                metrics.flush(next.values(), () -> chunks.append(worker.getAsLong(), next.values()));
        next.forEach((reply, chunk) -> {
            switch (refused.get(chunk.message())) {
                case null -> reply.written.wrote(chunk);
                case FENCED -> fenced(reply);
                case GAP -> {} // still in doubt
                case BUSY -> reply.written.trust();
            }
        });
    }

    /** In parts, the short ones first: a statement for all that an outage has kept waiting would be given up, every time. */
    private void fold(List<Reply> ended) {
        List<Reply> part = new ArrayList<>();
        long length = 0;
        for (Reply reply : ended.stream().sorted(comparingInt(Flusher::length)).toList()) {
            if (part.size() == MOST_FOLDED || length + length(reply) > MOST_FOLDED_TEXT) {
                foldTogether(part);
                part.clear();
                length = 0;
            }
            part.add(reply);
            length += length(reply);
        }
        foldTogether(part);
    }

    private static int length(Reply reply) {
        return reply.text.length();
    }

    /**
     * What refuses one of them (its row's lock, a constraint, a trigger of somebody's) is to keep the others from nothing: tried
     * one by one, and where one has waited, the rest in the next pass, as all text waits with them.
     */
    private void foldTogether(List<Reply> ended) {
        if (ended.isEmpty()) return;
        try {
            complete(ended);
        } catch (DataAccessException e) {
            if (!isOfTheReplies(e)) throw e;
            for (Reply reply : ended) {
                if (!foldAlone(reply)) return;
            }
        }
    }

    /** @return whether it took no time that others would miss */
    private boolean foldAlone(Reply reply) {
        long began = System.nanoTime();
        try {
            complete(List.of(reply));
        } catch (DataAccessException e) {
            if (!isOfTheReplies(e)) throw e;
            reply.written.rest();
            log.warn("The fold of {} was refused and is tried again: {}", reply, e.getMessage());
        }
        return System.nanoTime() - began < LONG_FOLD.toNanos();
    }

    private static boolean isOfTheReplies(DataAccessException error) {
        return error.getMostSpecificCause() instanceof SQLException sql
                && sql.getSQLState() != null
                && sql.getSQLState().matches("(22|23|40|42|54|55|57014|HF|P0).*");
    }

    private void complete(List<Reply> ended) {
        List<Completion> completions = ended.stream().map(Reply::completion).toList();
        List<Reply> refused = new ArrayList<>();
        forEach(ended, chunks.complete(worker.getAsLong(), completions), (reply, held) -> {
            if (held) reply.folded();
            else refused.add(reply);
        });
        if (refused.isEmpty()) return;
        // perhaps an earlier pass folded it and the answer was lost
        Set<UUID> completed = chunks.completed(claims(refused));
        for (Reply reply : refused) {
            if (completed.contains(reply.claimed.message())) reply.folded();
            else fenced(reply);
        }
    }

    private interface Answer {
        void of(Reply reply, boolean held);
    }

    private static void forEach(List<Reply> asked, List<Held> answers, Answer answer) {
        Map<UUID, Boolean> held = answers.stream().collect(Collectors.toMap(Held::message, Held::held));
        for (Reply reply : asked) {
            Boolean ours = held.get(reply.claimed.message());
            if (ours != null) answer.of(reply, ours);
        }
    }

    private void fenced(Reply reply) {
        metrics.fencedWrite();
        reply.lose();
    }

    private static List<Reply> select(Collection<Reply> replies, Predicate<Reply> wanted) {
        return replies.stream().filter(wanted).toList();
    }

    private static List<Claimed> claims(List<Reply> replies) {
        return replies.stream().map(reply -> reply.claimed).toList();
    }
}
