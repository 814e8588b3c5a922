package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators read in psql. */
class OpsViewsTest {

    @AutoClose
    private final QueueFixture queue = new QueueFixture();

    @Test
    void the_queue_counts_each_agent_and_shows_the_oldest_wait_first() {
        queue.failed("@bob fail");
        queue.ask("general", "@bob run");
        queue.claim();
        queue.ask("general", "@ada one");
        queue.ask("lab", "@ada two");
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '90 seconds' where state = 'queued'")
                .update();
        var rows = queue.rows(
                "select agent, queued, running, failed, oldest_age > interval '89 seconds' as old, paused from ops.queue");
        assertThat(rows.get(0))
                .containsEntry("agent", "ada")
                .containsEntry("queued", 2L)
                .containsEntry("old", true);
        assertThat(rows.get(1))
                .containsEntry("agent", "bob")
                .containsEntry("running", 1L)
                .containsEntry("failed", 1L);
    }

    @Test
    void a_generation_is_readable_without_ids_to_look_up() {
        long id = queue.failed("@ada hello");
        var row = queue.row("select *, age::text as age_text from ops.generations where id = ?", id);
        assertThat(row)
                .containsEntry("agent", "ada")
                .containsEntry("channel", "general")
                .containsEntry("person", "mira")
                .containsEntry("state", "failed")
                .containsEntry("attempt", 1)
                .containsEntry("worker", "web-1")
                .containsEntry("error", "The provider refused the key.");
        assertThat(row.get("age_text").toString()).startsWith("00:00:0");
    }

    @Test
    void stuck_names_the_reason_and_the_statement_that_mends_it() {
        long failed = queue.failed("@ada one");
        long lost = queue.ask("general", "@ada two");
        queue.claim();
        long paused = queue.ask("general", "@bob three");
        queue.jdbc
                .sql("update chat.generation set lease_until = now() - interval '1 hour' where id = ?")
                .param(lost)
                .update();
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '2 hours' where id = ?")
                .param(paused)
                .update();
        queue.jdbc.sql("select * from ops.pause_agent('bob')").query().listOfRows();
        assertThat(
                        queue.texts(
                                "select id || ' | ' || regexp_replace(reason, '(:0)[0-9]( ago|$)', '\\1.\\2') || ' | ' || mend from ops.stuck order by id"))
                .containsExactly(
                        failed + " | failed at the first attempt | select ops.retry(" + failed + ");",
                        lost
                                + " | lease expired 01:00:0. ago: its worker was killed, frozen or cut off | select ops.retry("
                                + lost + ");",
                        paused + " | its agent is paused, queued for 02:00:0. | select ops.resume_agent('bob');");
    }

    @Test
    void a_reply_that_stopped_growing_is_stuck_and_one_that_grows_is_not() {
        long id = queue.ask("general", "@ada talk");
        queue.claim();
        queue.jdbc
                .sql("update chat.generation set claimed_at = now() - interval '3 minutes'")
                .update();
        assertThat(reasons()).startsWith("no first text since 00:03:0");
        queue.jdbc
                .sql(
                        "update chat.generation set first_token_at = now() - interval '150 seconds', lease_until = now() + interval '1 second'")
                .update();
        append(id, null, 0);
        assertThat(reasons()).startsWith("no new text since 00:02:3");
        heartbeat(id);
        assertThat(queue.texts("select reason from ops.stuck")).isEmpty();
        queue.jdbc
                .sql(
                        "update chat.generation set progress_at = now() - interval '70 seconds', lease_until = now() + interval '1 second'")
                .update();
        heartbeat(id);
        assertThat(reasons()).startsWith("no new text since 00:01:1");
        queue.jdbc.sql("update chat.agent set idle_limit = '5 minutes'").update();
        assertThat(queue.texts("select reason from ops.stuck"))
                .as("within the agent's own limit")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10 seconds", "5 minutes", "1 hour"})
    void a_reply_that_gets_on_within_its_agents_limits_is_never_stuck_whatever_the_lease(String lease) {
        queue.ask("general", "@ada talk");
        // a second passes by moving all times back by one; 60 s of silence are within the limits
        queue.jdbc.sql("""
                create function public.run_for(seconds integer, lease interval) returns table (at integer, reason text, renewals integer)
                language plpgsql set search_path = chat as $$
                declare
                  g generation;
                  start_at integer;
                begin
                  renewals := 0;
                  perform chat.claim((select max(id) from worker), 1, lease);
                  for second in 1 .. seconds loop
                    at := second;
                    update generation set claimed_at = claimed_at - interval '1 second', first_token_at = first_token_at - interval '1 second',
                      progress_at = progress_at - interval '1 second', lease_until = lease_until - interval '1 second'
                    returning * into g;
                    for reason in select s.reason from ops.stuck s loop
                      return next;
                    end loop;
                    if second = 60 then
                      perform chat.start_streaming(array[g.message_id], array[g.fence]);
                    end if;
                    if second between 60 and 200 or second % 59 = 0 then
                      perform chat.append_chunks(g.worker_id, array[g.message_id], array[g.fence], array[start_at], array[second], array['.']);
                      start_at := second;
                    end if;
                    perform chat.heartbeat(g.worker_id, array[g.id], array[g.fence], lease);
                    renewals := renewals + (select count(*) from generation r where r.lease_until <> g.lease_until);
                  end loop;
                  reason := 'none';
                  return next;
                end $$
                """).update();
        assertThat(queue.texts(
                        "select reason || case when renewals <= 900 / 3 then '' else ', but renewed ' || renewals || ' times' end from public.run_for(900, ?::text::interval) order by at",
                        lease))
                .containsExactly("none");
    }

    @Test
    void a_queue_that_waits_says_what_for() {
        queue.ask("general", "@ada one");
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '61 seconds'")
                .update();
        assertThat(reason()).startsWith("no slot was free");
        queue.jdbc.sql("update chat.agent set max_concurrency = 1").update();
        queue.claim();
        queue.ask("general", "@ada two");
        queue.jdbc
                .sql("update chat.generation set queued_at = now() - interval '61 seconds' where state = 'queued'")
                .update();
        assertThat(reason()).startsWith("its agent runs 1 of at most 1");
        queue.jdbc.sql("select * from ops.drain_worker('web-1')").query().listOfRows();
        assertThat(reason()).startsWith("every worker is draining");
        queue.jdbc
                .sql("update chat.worker set last_seen_at = now() - interval '1 minute'")
                .update();
        assertThat(reason()).startsWith("no worker is running");
        queue.jdbc
                .sql("update chat.generation set run_at = now() + interval '30 seconds' where state = 'queued'")
                .update();
        assertThat(reason()).startsWith("waits 00:00:");
    }

    @Test
    void what_was_queued_before_the_clock_was_set_back_is_stuck_until_it_is_retried() {
        long id = queue.ask("general", "@ada one");
        queue.jdbc
                .sql(
                        "update chat.generation set queued_at = queued_at + interval '1 hour', run_at = run_at + interval '1 hour'")
                .update();
        assertThat(queue.claim()).isEmpty();
        assertThat(reason()).startsWith("the database's clock was set back: waits 00:59:5");
        assertThat(queue.texts("select age::text from ops.stuck")).containsExactly("00:00:00");
        queue.rows("select ops.retry(id) from ops.stuck");
        assertThat(queue.claim()).containsExactly(id);
    }

    @Test
    void what_runs_since_before_the_clock_was_set_back_is_stuck_if_its_worker_is_not_heard_of_again() {
        long id = queue.ask("general", "@ada one");
        queue.claim();
        setClockBack();
        assertThat(reasons()).startsWith("the database's clock was set back");
        heartbeat(id);
        assertThat(queue.texts("select reason from ops.stuck")).isEmpty();
        assertThat(queue.row("select lease <= interval '10 seconds' as pulled_in from ops.generations"))
                .containsEntry("pulled_in", true);
        setClockBack();
        assertThat(queue.texts("select (r).outcome from (select ops.retry(id) as r from ops.stuck) s"))
                .containsExactly("queued");
        assertThat(queue.claim()).containsExactly(id);
    }

    /** By an hour, as the worker and what it runs see it. */
    private void setClockBack() {
        queue.jdbc.sql("""
                with worker as (update chat.worker set last_seen_at = last_seen_at + interval '1 hour')
                update chat.generation set claimed_at = claimed_at + interval '1 hour', lease_until = lease_until + interval '1 hour'
                """).update();
    }

    @Test
    void throughput_has_a_row_for_every_minute_of_the_last_hour() {
        queue.completed("@ada one");
        queue.failed("@ada two");
        assertThat(queue.texts("select count(*)::text from ops.throughput")).containsExactly("60");
        var now = queue.row("""
                select sum(finished)::int as finished, sum(failed)::int as failed, sum(output_tokens)::int as tokens, max(first_token_p50) is not null as p50
                from ops.throughput
                """);
        assertThat(now)
                .containsEntry("finished", 1)
                .containsEntry("failed", 1)
                .containsEntry("tokens", 20)
                .containsEntry("p50", true);
    }

    @Test
    void workers_show_who_works_drains_and_went_silent() {
        queue.registerWorker("web-2");
        queue.registerWorker("web-3");
        queue.ask("general", "@ada one");
        queue.claim();
        queue.jdbc.sql("select * from ops.drain_worker('web-2')").query().listOfRows();
        queue.jdbc
                .sql("update chat.worker set last_seen_at = now() - interval '20 seconds' where name = 'web-3'")
                .update();
        assertThat(queue.texts("select worker || ' ' || state || ' ' || running || '/' || slots from ops.workers"))
                .containsExactly("web-1 working 1/8", "web-2 draining 0/8", "web-3 silent 0/8");
    }

    @Test
    void a_folded_reply_knows_in_how_many_flushes_it_came() {
        long id = queue.ask("general", "@ada talk");
        queue.claim();
        append(id, null, 0);
        append(id, 0, 4);
        queue.jdbc.sql("""
                select c.held from chat.generation g,
                  chat.complete(g.worker_id, array[g.message_id], array[g.fence], array['texttext'], array[1], array[2]) c
                """).query(Boolean.class).single();
        assertThat(queue.row("select state, flushes from ops.generations"))
                .containsEntry("state", "completed")
                .containsEntry("flushes", 2);
    }

    @Test
    void everything_in_ops_has_a_comment() {
        assertThat(queue.texts("""
                select c.relname from pg_class c where c.relnamespace = 'ops'::regnamespace and obj_description(c.oid, 'pg_class') is null
                union all
                select p.proname from pg_proc p where p.pronamespace = 'ops'::regnamespace and obj_description(p.oid, 'pg_proc') is null
                """)).isEmpty();
    }

    private String reasons() {
        return String.join("; ", queue.texts("select reason from ops.stuck"));
    }

    private String reason() {
        List<String> reasons = queue.texts("select reason from ops.stuck where state = 'queued'");
        assertThat(reasons).hasSize(1);
        return reasons.getFirst();
    }

    private void append(long generation, Integer previous, int start) {
        assertThat(queue.texts("""
                select c.reason from chat.generation g,
                  chat.append_chunks(g.worker_id, array[g.message_id], array[g.fence], array[?::int], array[?::int], array['text']) c
                where g.id = ?
                """, previous, start, generation)).isEmpty();
    }

    private void heartbeat(long generation) {
        assertThat(queue.texts("""
                select h.generation_id::text from chat.generation g,
                  chat.heartbeat(g.worker_id, array[g.id], array[g.fence], '10 seconds'::interval) h where g.id = ?
                """, generation)).isEmpty();
    }
}
