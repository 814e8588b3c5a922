package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.generation.Chunks;
import dev.holdfast.generation.Claimed;
import dev.holdfast.generation.Generations;
import dev.holdfast.generation.Workers;
import dev.holdfast.model.ModelEnd.Ended;
import dev.holdfast.testing.Texts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;

/** The flusher alone, over real rows. */
class FlusherTest {
    private final TestDatabase database = TestPostgres.create();
    private final Channel channel = new Channel(database);
    private final HikariDataSource pool = TestWorker.pool(database);
    private final Generations generations = new Generations(pool);
    private final long worker = new Workers(pool).register("flusher", 100);
    private final List<Reply> replies = new ArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Flusher flusher = new Flusher(new Chunks(pool), () -> worker, replies, new WorkerMetrics(meters));

    private List<UUID> claim(int number) {
        channel.agent("ada", "guide", "guide");
        var asked = new ArrayList<UUID>();
        for (int i = 0; i < number; i++) {
            asked.add(channel.ask("@ada " + i));
        }
        List<Claimed> claimed = generations.claim(worker, number, Duration.ofMinutes(10));
        claimed.forEach(one -> replies.add(new Reply(one)));
        return asked.stream()
                .sorted((a, b) -> Long.compare((long) channel.reply(a).get("id"), (long)
                        channel.reply(b).get("id")))
                .toList();
    }

    @Test
    void whatever_fails_or_is_lost_between_the_rows_hold_a_beginning_of_the_text_and_in_the_end_all_of_it()
            throws Exception {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        System.out.println("FlusherTest: -Dholdfast.seed=" + seed);
        var random = new Random(seed);
        List<UUID> asked = claim(8);
        replies.sort((a, b) -> Long.compare(a.claimed.id(), b.claimed.id()));
        for (int step = 0; step < 250; step++) {
            for (Reply reply : replies) {
                if (random.nextInt(3) == 0)
                    reply.text.append(Texts.ofWords(Texts.Kind.MIXED, random.nextInt(8), random.nextLong()) + "\ud83d");
            }
            switch (random.nextInt(12)) {
                case 0 -> loseLastChunks(random.nextInt(3) + 1);
                case 1 -> flushWhileBackendsDie();
                default -> flushUntilItWorks();
            }
            if (step % 10 == 0) checkBeginnings(asked, seed);
        }
        for (Reply reply : replies) {
            reply.finish(new Ended(1, 2, null));
        }
        flushUntilItWorks();
        for (int i = 0; i < asked.size(); i++) {
            assertThat(channel.reply(asked.get(i)))
                    .as("seed %d", seed)
                    .containsEntry("state", "completed")
                    .containsEntry("content", replies.get(i).text.whole())
                    .containsEntry("chunks", 0L);
        }
        assertThat(meters.get("holdfast.fenced.writes").counter().count()).isZero();
    }

    @Test
    void what_an_outage_kept_waiting_is_folded_in_parts() throws Exception {
        claim(120);
        for (Reply reply : replies) {
            reply.text.append("word ");
            reply.finish(new Ended(1, 2, null));
        }
        flushUntilItWorks();
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.generation where state = 'completed' group by xmin order by 1")
                        .query(Integer.class)
                        .list())
                .containsExactly(20, 100);
    }

    @Test
    void a_reply_whose_fold_is_refused_keeps_no_other_from_its_end_shows_its_text_and_is_tried_again()
            throws Exception {
        channel.jdbc
                .sql("alter table chat.message add constraint no_poison check (content <> 'poison')")
                .update();
        List<UUID> asked = claim(3);
        replies.sort((a, b) -> Long.compare(a.claimed.id(), b.claimed.id()));
        for (Reply reply : replies) {
            reply.text.append(reply == replies.get(1) ? "poison" : "good");
            reply.finish(new Ended(1, 2, null));
        }
        flushUntilItWorks();
        assertThat(asked)
                .map(each -> channel.reply(each).get("state"))
                .containsExactly("completed", "running", "completed");
        flushUntilItWorks();
        assertThat(channel.reply(asked.get(1))).containsEntry("streamed", "poison");
        channel.jdbc.sql("alter table chat.message drop constraint no_poison").update();
        for (long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
                replies.get(1).flushable() && System.nanoTime() < until; ) {
            Thread.sleep(10);
            flushUntilItWorks();
        }
        assertThat(channel.reply(asked.get(1)))
                .containsEntry("state", "completed")
                .containsEntry("content", "poison");
    }

    private void checkBeginnings(List<UUID> asked, long seed) {
        for (int i = 0; i < asked.size(); i++) {
            assertThat(replies.get(i).text.whole()).as("seed %d", seed).startsWith((String)
                    channel.reply(asked.get(i)).get("streamed"));
        }
    }

    /** As a crash of the server loses commits that were not waited for: the last ones, wherever in the table they are. */
    private void loseLastChunks(int number) {
        channel.jdbc
                .sql("delete from chat.chunk where ctid in (select ctid from chat.chunk order by age(xmin) limit ?)")
                .param(number)
                .update();
    }

    private void flushWhileBackendsDie() throws InterruptedException {
        var kill = CompletableFuture.runAsync(
                () -> channel.jdbc
                        .sql(
                                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
                        .query()
                        .listOfRows(),
                Thread::startVirtualThread);
        flushUntilItWorks();
        kill.join();
    }

    private void flushUntilItWorks() throws InterruptedException {
        for (int passes = 0; passes < 100; passes++) {
            try {
                if (!flusher.flush()) return;
            } catch (DataAccessException e) {
                Thread.sleep(5);
            }
        }
        throw new AssertionError("never flushed: " + replies);
    }

    @Test
    void one_flush_appends_for_all_replies_in_one_transaction() throws Exception {
        claim(50);
        for (Reply reply : replies) {
            reply.text.append("hello");
        }
        flusher.flush();
        assertThat(channel.jdbc
                        .sql("select count(*) from chat.chunk")
                        .query(Long.class)
                        .single())
                .isEqualTo(50);
        assertThat(channel.jdbc
                        .sql("select count(distinct xmin::text) from chat.chunk")
                        .query(Long.class)
                        .single())
                .isEqualTo(1);
        assertThat(meters.get("holdfast.flush.chunks").summary().totalAmount()).isEqualTo(50);
        assertThat(meters.get("holdfast.flush.bytes").counter().count()).isEqualTo(250);
        assertThat(flusher.flush()).as("nothing more to write").isFalse();
        assertThat(meters.get("holdfast.flush").timer().count()).isEqualTo(1);
    }

    @Test
    void a_text_longer_than_a_chunk_is_written_in_several() throws Exception {
        var asked = claim(1).getFirst();
        replies.getFirst().text.append("x".repeat(200_000));
        assertThat(flusher.flush()).as("more to write at once").isTrue();
        flushUntilItWorks();
        assertThat((String) channel.reply(asked).get("streamed")).hasSize(200_000);
    }

    @Test
    void a_reply_that_was_stopped_is_lost_at_the_next_write() throws Exception {
        var asked = claim(1).getFirst();
        replies.getFirst().text.append("so far");
        flusher.flush();
        channel.stop(asked, "mira");
        replies.getFirst().text.append(" and no further");
        flusher.flush();
        assertThat(replies.getFirst().lost()).isTrue();
        assertThat(channel.reply(asked)).containsEntry("content", "so far");
        assertThat(meters.get("holdfast.fenced.writes").counter().count()).isEqualTo(1);
    }
}
