package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * However many generations have finished, what lists recent things doesn't read them: seen in the plans over 30,000
 * (-Dgenerations=1000000 for the full number; ops/docs/million.md keeps those plans).
 */
class OpsScaleTest {

    private static QueueFixture queue;

    @BeforeAll
    static void fill() {
        queue = new QueueFixture();
        queue.jdbc.sql("""
                do $$
                begin
                  set local session_replication_role = replica;
                  insert into chat.message (channel_id, author_id, content, seq, position)
                  select c.id, a.id, 'x', n, n from generate_series(1, %d) n, chat.channel c, chat.account a
                  where c.name = 'general' and a.handle = 'mira';
                  insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id, state, attempt,
                    queued_at, claimed_at, first_token_at, finished_at, worker_id, error, output_tokens)
                  select m.id, m.id, n.account_id, m.channel_id, m.author_id, case when m.seq %% 500 = 0 then 'failed' else 'completed' end, 1,
                    at, at, at, at, 1, case when m.seq %% 500 = 0 then 'no' end, 10
                  from chat.message m
                  join chat.account a on a.handle = case when m.seq %% 10 = 0 then 'bob' else 'ada' end
                  join chat.agent n on n.account_id = a.id
                  cross join lateral (select now() - (5000000 - m.seq) * interval '10 seconds' as at) t
                  order by m.seq;
                end $$
                """.formatted(Integer.getInteger("generations", 30_000))).update();
        queue.jdbc.sql("vacuum analyze chat.generation").update();
        queue.jdbc.sql("analyze").update();
    }

    @AfterAll
    static void forget() {
        queue = null;
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
}
