package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Who gets what to run, and when. */
class ClaimTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @Test
    void a_claim_gives_what_a_worker_needs_to_know() {
        UUID asked = chat.post("mira", "@ada?");
        assertThat(chat.jdbc
                        .sql("select * from chat.claim(?, 5, '10 seconds')")
                        .param(worker.id())
                        .query()
                        .singleRow())
                .containsEntry("message_id", chat.replyTo(asked, "ada"))
                .containsEntry("agent_handle", "ada")
                .containsEntry("agent_id", chat.account("ada"))
                .containsEntry("channel_id", chat.channelId("general"))
                .containsEntry("asked_by_message", asked)
                .containsEntry("fence", 1L)
                .containsEntry("attempt", 1)
                .containsEntry("max_attempts", 3)
                .containsKeys("generation_id", "queued_at", "claim_latency_seconds");
    }

    @Test
    void parallel_workers_never_claim_the_same() throws Exception {
        postMany("mira", 200);
        List<Worker> workers =
                IntStream.range(0, 10).mapToObj(n -> chat.worker("w" + n)).toList();
        Set<Long> claimed = new HashSet<>();
        for (List<Worker.Claim> claims : InParallel.all(workers.stream()
                .<Callable<List<Worker.Claim>>>map(w -> () -> claimAll(w, 7))
                .toList())) {
            claims.forEach(claim -> assertThat(claimed.add(claim.generation())).isTrue());
        }
        assertThat(claimed).hasSize(200);
    }

    @Test
    void an_agent_runs_no_more_at_once_than_max_concurrency_across_all_workers() throws Exception {
        chat.run("update chat.agent set max_concurrency = 5");
        postMany("mira", 40);
        List<Worker> workers =
                IntStream.range(0, 8).mapToObj(n -> chat.worker("w" + n)).toList();
        for (int round = 0; round < 8; round++) {
            List<Callable<List<Worker.Claim>>> calls = new ArrayList<>();
            workers.forEach(w -> calls.add(() -> w.claim(3)));
            List<List<Worker.Claim>> claims = InParallel.all(calls);
            assertThat(chat.count("chat.generation where state = 'running'")).isEqualTo(5);
            for (int n = 0; n < workers.size(); n++) {
                for (Worker.Claim claim : claims.get(n)) {
                    workers.get(n).complete(claim, "done");
                }
            }
        }
        assertThat(chat.count("chat.generation where state = 'completed'")).isEqualTo(40);
    }

    @Test
    void a_full_agent_does_not_keep_others_waiting() {
        chat.agent("bert");
        chat.run("update chat.agent set max_concurrency = 1 where account_id = ?", chat.account("ada"));
        postMany("mira", 20);
        chat.post("mira", "@bert?");
        assertThat(worker.claim(10)).extracting(Worker.Claim::agent).containsExactlyInAnyOrder("ada", "bert");
    }

    @Test
    void a_person_with_a_thousand_mentions_starves_nobody() {
        postMany("mira", 1_000);
        assertThat(claimedPersons(10)).containsOnly("mira");
        postMany("tom", 5);
        chat.person("zoe");
        postMany("zoe", 3);
        assertThat(claimedPersons(12))
                .containsExactlyInAnyOrder(
                        "mira", "tom", "zoe", "mira", "tom", "zoe", "mira", "tom", "zoe", "mira", "tom", "mira");
    }

    @Test
    void within_a_person_the_oldest_comes_first() {
        postMany("mira", 30);
        List<Long> order = new ArrayList<>();
        for (int n = 0; n < 30; n++) {
            order.add(worker.claimOne().generation());
        }
        assertThat(order).isSorted();
    }

    @Test
    void agents_take_turns_in_one_claim_whatever_is_queued() {
        chat.agent("bert");
        postMany("mira", 100);
        chat.run(
                "insert into chat.message (channel_id, author_id, content) select ?, ?, '@bert' from generate_series(1, 4)",
                chat.channelId("general"),
                chat.account("mira"));
        assertThat(worker.claim(8))
                .extracting(Worker.Claim::agent)
                .containsExactlyInAnyOrder("ada", "ada", "ada", "ada", "bert", "bert", "bert", "bert");
    }

    @Test
    void a_lower_priority_waits_and_holds_up_no_fresh_mention() {
        postMany("mira", 20);
        claimAll(worker, 20).forEach(worker::giveUp);
        chat.jdbc.sql("select ops.retry(id) from chat.generation").query().listOfRows();
        UUID fresh = chat.post("mira", "@ada!");
        UUID toms = chat.post("tom", "@ada!");
        assertThat(worker.claim(2))
                .extracting(Worker.Claim::message)
                .containsExactlyInAnyOrder(chat.replyTo(fresh, "ada"), chat.replyTo(toms, "ada"));
        assertThat(worker.claim(50)).hasSize(20);
    }

    @Test
    void one_that_waits_for_its_next_attempt_gives_nobody_an_early_turn() {
        postMany("mira", 50);
        Worker.Claim early = worker.claimOne();
        worker.claim(30);
        worker.fail(early, "rate limited", "1 hour", null, true);
        chat.post("tom", "@ada?");
        assertThat(chat.one(Long.class, "select turn from chat.generation where person_id = ?", chat.account("tom")))
                .isGreaterThan(20);
    }

    @Test
    void a_paused_agent_a_draining_worker_and_a_future_run_claim_nothing() {
        chat.post("mira", "@ada?");
        chat.run("update chat.agent set paused = true");
        assertThat(worker.claim(1)).isEmpty();
        chat.run("update chat.agent set paused = false");
        chat.run("update chat.generation set run_at = now() + interval '1 second'");
        assertThat(worker.claim(1)).isEmpty();
        chat.run("update chat.generation set run_at = now()");
        chat.jdbc.sql("select chat.start_drain(?)").param(worker.id()).query().listOfRows();
        assertThat(worker.claim(1)).isEmpty();
        chat.jdbc
                .sql("select chat.unregister_worker(?)")
                .param(worker.id())
                .query()
                .listOfRows();
        assertThat(worker.claim(1)).isEmpty();
    }

    @Test
    void a_heartbeat_keeps_the_lease_and_reports_what_was_lost() {
        Worker.Claim claim = chat.claimed(worker);
        chat.run("update chat.generation set lease_until = now() + interval '1 second'");
        assertThat(worker.heartbeat(claim)).isEmpty();
        assertThat(chat.one(Boolean.class, "select lease_until > now() + interval '8 seconds' from chat.generation"))
                .isTrue();
        chat.one(Boolean.class, "select chat.cancel(?)", claim.generation());
        assertThat(worker.heartbeat(claim)).containsExactly(claim.generation());
    }

    @Test
    void the_context_is_the_channel_up_to_the_question_without_what_failed_or_went() {
        chat.channel("other");
        chat.postIn("other", "mira", "elsewhere");
        UUID gone = chat.post("tom", "gone");
        chat.post("tom", "first");
        chat.one(String.class, "select chat.delete_message(?, ?)::text", gone, chat.account("tom"));
        worker.fail(chat.claimed(worker), "no", null, "failed text", true);
        worker.complete(chat.claimed(worker), "an answer");
        UUID asked = chat.post("mira", "@ada, what now?");
        chat.post("tom", "later");
        long generation = chat.one(Long.class, "select id from chat.generation where asked_by_message = ?", asked);
        assertThat(chat.jdbc
                        .sql(
                                "select handle || ': ' || content || case when own then ' (own)' else '' end from chat.context(?, 10)")
                        .param(generation)
                        .query(String.class)
                        .list())
                .containsExactly(
                        "mira: @ada, what now?", "ada: an answer (own)", "mira: @ada?", "mira: @ada?", "tom: first");
        assertThat(chat.jdbc
                        .sql("select content from chat.context(?, 2)")
                        .param(generation)
                        .query(String.class)
                        .list())
                .hasSize(2);
    }

    @Test
    void without_its_question_a_reply_has_no_context_whatever_else_was_said() {
        chat.post("tom", "what is the time?");
        UUID asked = chat.post("mira", "@ada, what now?");
        assertThat(context(asked, "ada")).startsWith("mira: @ada, what now?");
        chat.one(String.class, "select chat.delete_message(?, ?)::text", asked, chat.account("mira"));
        assertThat(context(asked, "ada")).isEmpty();
    }

    @Test
    void the_reply_that_asked_is_known_by_its_old_text_while_it_is_written_again_and_not_once_it_failed() {
        chat.agent("bert");
        chat.run("update chat.agent set answers_agents = true");
        Worker.Claim ada = chat.claimed(worker);
        worker.complete(ada, "@bert knows");
        assertThat(context(ada.message(), "bert")).containsExactly("ada: @bert knows", "mira: @ada?");
        chat.run("update chat.agent set paused = true where account_id = ?", chat.account("bert"));
        chat.one(String.class, "select chat.retry(?::uuid, ?::uuid)::text", ada.message(), chat.account("mira"));
        assertThat(context(ada.message(), "bert")).containsExactly("ada: @bert knows", "mira: @ada?");
        Worker.Claim again = worker.claimOne();
        worker.stream(again);
        worker.append(again, null, 0, "I kn");
        assertThat(context(ada.message(), "bert")).containsExactly("ada: @bert knows", "mira: @ada?");
        worker.giveUp(again);
        assertThat(context(ada.message(), "bert")).isEmpty();
    }

    private List<String> context(UUID asked, String agent) {
        return chat.jdbc
                .sql(
                        "select handle || ': ' || content from chat.generation g, chat.context(g.id, 10) where g.message_id = ?")
                .param(chat.replyTo(asked, agent))
                .query(String.class)
                .list();
    }

    private void postMany(String person, int count) {
        chat.run(
                "insert into chat.message (channel_id, author_id, content) select ?, ?, '@ada ' || n from generate_series(1, ?) n",
                chat.channelId("general"),
                chat.account(person),
                count);
    }

    private static List<Worker.Claim> claimAll(Worker worker, int batch) {
        List<Worker.Claim> all = new ArrayList<>();
        for (List<Worker.Claim> claims = worker.claim(batch); !claims.isEmpty(); claims = worker.claim(batch)) {
            all.addAll(claims);
        }
        return all;
    }

    private List<String> claimedPersons(int max) {
        Map<UUID, String> handles = new HashMap<>();
        List<String> persons = new ArrayList<>();
        for (Worker.Claim claim : worker.claim(max)) {
            UUID person =
                    chat.one(UUID.class, "select person_id from chat.generation where id = ?", claim.generation());
            persons.add(handles.computeIfAbsent(
                    person, id -> chat.one(String.class, "select handle from chat.account where id = ?", id)));
        }
        return persons;
    }
}
