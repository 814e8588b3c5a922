package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * However many generations have finished, what lists recent things doesn't read them: seen in the plans over 30,000
 * (-Dgenerations=1000000 for the full number; ops/docs/million.md keeps those plans).
 */
class OpsScaleTest {

    @AutoClose
    private static QueueFixture queue;

    @BeforeAll
    static void fill() {
        queue = fill(Integer.getInteger("generations", 30_000), 500);
    }

    /** So many generations; one in {@code failed} of them has failed. */
    private static QueueFixture fill(int generations, int failed) {
        var queue = new QueueFixture();
        queue.jdbc.sql("""
                do $$
                begin
                  set local session_replication_role = replica;
                  insert into chat.message (channel_id, author_id, content, seq, position, status)
                  select c.id, a.id, 'x', n, n, case when n %% %2$d = 0 then 'failed' else 'complete' end
                  from generate_series(1, %1$d) n
                  join chat.channel c on c.name = 'general'
                  join chat.account a on a.handle = case when n %% 10 = 0 then 'bob' else 'ada' end;
                  insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id, state, attempt,
                    queued_at, claimed_at, first_token_at, finished_at, worker_id, error, output_tokens)
                  select m.id, m.id, m.author_id, m.channel_id, mira.id, case m.status when 'failed' then 'failed' else 'completed' end, 1,
                    at, at, at, at, 1, case m.status when 'failed' then 'no' end, 10
                  from chat.message m
                  join chat.account mira on mira.handle = 'mira'
                  cross join lateral (select now() - (5000000 - m.seq) * interval '10 seconds' as at) t
                  order by m.seq;
                end $$
                """.formatted(generations, failed)).update();
        queue.jdbc.sql("vacuum analyze chat.generation, chat.message").update();
        queue.jdbc.sql("analyze").update();
        return queue;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from ops.queue",
                "select * from ops.stuck",
                "select * from ops.throughput",
                "select * from ops.workers",
                "select * from ops.generations order by id desc limit 50",
                "select * from ops.generations where state = 'queued' order by id desc limit 50",
                "select * from ops.generations where state = 'running' order by id desc limit 50",
                "select * from ops.generations where state = 'failed' order by id desc limit 50",
                "select * from ops.generations where id = 77",
                "select * from ops.generations where finished_at > now() - interval '1 hour' and state in ('completed', 'failed', 'cancelled')",
                "select * from ops.audit limit 20",
            })
    void recent_things_are_read_through_indexes(String select) {
        var plan = String.join("\n", queue.texts("explain (analyze, costs off) " + select));
        assertThat(plan).doesNotContain("Seq Scan on generation");
    }

    @Test
    void what_failed_is_counted_without_reading_the_replies() {
        try (var failed = fill(20_000, 1)) {
            assertThat(failed.texts("select agent || ' ' || failed from ops.queue order by 1"))
                    .containsExactly("ada 18000", "bob 2000");
            assertThat(String.join(
                            "\n", failed.texts("explain (analyze, costs off, timing off) select * from ops.queue")))
                    .containsPattern("Index Only Scan using message_failed")
                    .contains("Heap Fetches: 0")
                    .doesNotContain("Seq Scan on message", "generation_failed");
        }
    }
}
