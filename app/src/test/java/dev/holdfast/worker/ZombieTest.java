package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.generation.Chunk;
import dev.holdfast.generation.Chunks;
import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Completion;
import dev.holdfast.generation.Generations;
import dev.holdfast.generation.Generations.Outcome;
import dev.holdfast.generation.Held;
import dev.holdfast.generation.Workers;
import dev.holdfast.model.ModelEnd.Ended;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.UncategorizedSQLException;

/**
 * Two workers at one reply, of which either may be frozen for any time and wake at any moment: what the rows hold is
 * always a beginning of what the holder of their fence wrote, and never a character of anybody else's.
 */
class ZombieTest {
    private static final int INTERLEAVINGS = Integer.getInteger("holdfast.interleavings", 400);

    private final TestDatabase database = TestPostgres.create();
    private final Channel channel = new Channel(database);
    private final HikariDataSource pool = TestWorker.pool(database);
    private final Generations generations = new Generations(pool);
    private final Actor[] actors = {new Actor("a"), new Actor("b")};

    private int blindWrites;

    /** A worker without threads: each of its steps is taken when the test says so. */
    private final class Actor {
        final List<Reply> replies = new ArrayList<>();
        final Chunks chunks = new Chunks(pool);
        final long worker;
        final Flusher flusher;

        Actor(String name) {
            worker = new Workers(pool).register(name, 10);
            flusher = new Flusher(chunks, () -> worker, replies, new WorkerMetrics(new SimpleMeterRegistry()));
        }

        Reply reply() {
            return replies.isEmpty() ? null : replies.getLast();
        }

        void claim() {
            for (Claimed claimed : generations.claim(worker, 1, Duration.ofMinutes(10))) {
                replies.add(new Reply(claimed));
            }
        }

        void say(int words) {
            for (int i = 0; reply() != null && i < words; i++) {
                // every piece names its fence, so that the rows tell whose text they hold
                reply().text
                        .append("<" + reply().claimed.fence() + ":"
                                + reply().text.length() + ">");
            }
        }

        void finish() {
            if (reply() != null && reply().text.length() > 0) reply().finish(new Ended(1, 1, null));
        }

        /** A write that fits the rows in everything but its fence, so that nothing else can refuse it. */
        void writeBlindly(UUID asking, long seed) {
            var row = channel.reply(asking);
            if (reply() == null || row.get("fence").equals(reply().claimed.fence())) return;
            Claimed stale = reply().claimed;
            String streamed = (String) row.get("streamed");
            var chunk = new Chunk(stale.message(), stale.fence(), lastStart(asking), streamed.length(), "stale");
            assertThat(chunks.append(worker, List.of(chunk)))
                    .as("seed %d: a stale chunk", seed)
                    .containsEntry(stale.message(), Chunk.Refusal.FENCED);
            var whole = new Completion(stale.message(), stale.fence(), "stale", 1, 1, null, null);
            assertThat(chunks.complete(worker, List.of(whole)))
                    .as("seed %d: a stale fold", seed)
                    .noneMatch(Held::held);
            assertThat(chunks.startStreaming(List.of(stale)))
                    .as("seed %d: a stale start", seed)
                    .noneMatch(Held::held);
            assertThat(generations.fail(stale, "stale", "stale", null, "stale"))
                    .as("seed %d: a stale failure", seed)
                    .isEqualTo(Outcome.FENCED);
            blindWrites++;
        }

        void fail() {
            if (reply() == null || reply().lost()) return;
            // as a slot does: while the other's flush holds the channel it is told to come again
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .ignoreException(UncategorizedSQLException.class)
                    .until(
                            () -> generations.fail(
                                    reply().claimed,
                                    "broke",
                                    "cut",
                                    Duration.ZERO,
                                    reply().text.whole()),
                            Objects::nonNull);
        }
    }

    @Test
    void no_stale_character_is_written_whatever_the_interleaving() {
        channel.agent("ada", "guide", "guide");
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        System.out.println("ZombieTest: " + INTERLEAVINGS + " interleavings, -Dholdfast.seed=" + seed);
        int replaced = 0;
        for (int i = 0; i < INTERLEAVINGS; i++) {
            replaced += interleave(new Random(seed + i), seed + i);
        }
        assertThat(replaced)
                .as("texts of a dead worker that another's replaced")
                .isGreaterThan(INTERLEAVINGS / 10);
        assertThat(blindWrites).as("writes that only the fence refused").isGreaterThan(INTERLEAVINGS / 10);
    }

    /** @return whether a second worker came to write after a first one had */
    private int interleave(Random random, long seed) {
        UUID asking = channel.ask("@ada " + seed);
        for (Actor actor : actors) {
            actor.replies.clear();
            actor.claim();
        }
        var steps = new ArrayList<String>();
        int writers = 0;
        for (int step = 0; step < 3 + random.nextInt(4); step++) {
            Actor one = actors[random.nextInt(2)];
            Actor other = one == actors[0] ? actors[1] : actors[0];
            one.say(1 + random.nextInt(3));
            other.say(1);
            switch (random.nextInt(7)) {
                case 0, 1 -> one.flusher.flush();
                case 2 -> together(one.flusher::flush, other.flusher::flush);
                case 3 -> {
                    expire(asking);
                    together(() -> take(other), one.flusher::flush);
                }
                case 4 -> {
                    if (random.nextInt(3) == 0) one.finish();
                    together(one.flusher::flush, () -> take(other));
                }
                case 5 -> {
                    if (random.nextInt(4) == 0) together(() -> channel.stop(asking, "mira"), one.flusher::flush);
                }
                default -> together(one::fail, other.flusher::flush);
            }
            for (Actor actor : actors) {
                actor.writeBlindly(asking, seed);
            }
            String wrote = check(asking, seed, steps);
            if (!wrote.isEmpty() && !wrote.startsWith("<1:")) writers = 1;
            steps.add(wrote);
        }
        actors[0].finish();
        actors[0].flusher.flush();
        actors[1].flusher.flush();
        check(asking, seed, steps);
        var reply = channel.reply(asking);
        if (!List.of("completed", "failed", "cancelled").contains(reply.get("state"))) channel.stop(asking, "mira");
        return writers;
    }

    private Integer lastStart(UUID asking) {
        return channel.jdbc
                .sql(
                        "select max(c.start_at) from chat.chunk c join chat.generation g on g.message_id = c.message_id where g.asked_by_message = ?")
                .param(asking)
                .query(Integer.class)
                .optional()
                .orElse(null);
    }

    private void take(Actor actor) {
        generations.reap();
        actor.claim();
    }

    private void expire(UUID asking) {
        channel.jdbc
                .sql(
                        "update chat.generation set lease_until = now() - interval '1 second' where asked_by_message = ? and state = 'running'")
                .param(asking)
                .update();
    }

    private static void together(Runnable one, Runnable other) {
        // threads of their own: the common pool may have only one
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(one, Thread::startVirtualThread),
                        CompletableFuture.runAsync(other, Thread::startVirtualThread))
                .join();
    }

    /** @return the text that the rows hold */
    private String check(UUID asking, long seed, List<String> steps) {
        var reply = channel.reply(asking);
        String streamed = (String) reply.get("streamed");
        String text = streamed.isEmpty() ? (String) reply.get("content") : streamed;
        if (text.isEmpty()) return text;
        String fence = text.substring(1, text.indexOf(':'));
        if (!streamed.isEmpty())
            assertThat(fence)
                    .as("seed %d: the fence of the chunks of %s", seed, reply)
                    .isEqualTo(reply.get("fence").toString());
        else if (reply.get("state").equals("completed"))
            assertThat(fence)
                    .as("seed %d: the fence of the fold of %s", seed, reply)
                    .isEqualTo(reply.get("fence").toString());
        else
            assertThat(fence)
                    .as("seed %d: the fence of the text of %s", seed, reply)
                    .isEqualTo(reply.get("text_fence").toString());
        var expected = new StringBuilder();
        while (expected.length() < text.length()) {
            expected.append("<" + fence + ":" + expected.length() + ">");
        }
        assertThat(text).as("seed %d after %s: %s", seed, steps, reply).isEqualTo(expected.substring(0, text.length()));
        return text;
    }
}
