package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attempts count at the claim; what was written before an attempt failed stays until the next one writes. */
class AttemptsTest {

    private static final String OF_PEOPLE =
            "select chat.retry(message_id, person_id)::text from chat.generation where id = ?";
    private static final String OF_ADMINISTRATORS = "select outcome from ops.retry(?)";

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @Test
    void a_job_that_always_crashes_its_worker_is_set_aside_after_3_attempts() {
        chat.post("mira", "@ada?");
        Worker.Claim claim = null;
        for (int attempt = 1; attempt <= 3; attempt++) {
            claim = worker.claimOne();
            assertThat(claim.attempt()).isEqualTo(attempt);
            worker.append(claim, null, 0, "partial " + attempt);
            worker.outliveLease(claim);
            assertThat(worker.reap()).containsExactly(attempt < 3 ? "requeued" : "failed");
        }
        assertThat(worker.claim(1)).isEmpty();
        assertThat(chat.status(claim.message())).isEqualTo("failed");
        assertThat(chat.content(claim.message())).isEqualTo("partial 3");
        assertThat(chat.one(String.class, "select error from chat.generation")).contains("went away, at every attempt");
        assertThat(chat.one(Integer.class, "select jsonb_array_length(history) from chat.generation"))
                .isEqualTo(3);
    }

    @Test
    void a_failure_waits_for_its_time_shows_why_and_ends_after_3_attempts() {
        Worker.Claim claim = chat.claimed(worker);
        assertThat(worker.fail(claim, "rate limited", "12 seconds", null, true)).isEqualTo("retry");
        assertThat(worker.claim(1)).isEmpty();
        assertThat(
                        chat.one(
                                String.class,
                                "select error || ' ' || (run_at - (history -> -1 ->> 'endedAt')::timestamptz) from chat.generation"))
                .isEqualTo("rate limited 00:00:12");
        comeDue();
        assertThat(worker.fail(worker.claimOne(), "rate limited", "1 second", null, true))
                .isEqualTo("retry");
        comeDue();
        assertThat(worker.fail(worker.claimOne(), "rate limited", "1 second", null, true))
                .isEqualTo("failed");
    }

    @Test
    void an_attempt_that_is_handed_back_or_not_counted_costs_none() {
        Worker.Claim claim = chat.claimed(worker);
        for (int n = 0; n < 5; n++) {
            assertThat(worker.release(claim, n == 0 ? "so far" : null)).isEqualTo(1);
            claim = worker.claimOne();
            assertThat(claim.attempt()).isEqualTo(1);
            assertThat(worker.fail(claim, "the database was away", "0 seconds", null, false))
                    .isEqualTo("retry");
            claim = worker.claimOne();
            assertThat(claim.attempt()).isEqualTo(1);
        }
        assertThat(chat.content(claim.message())).isEqualTo("so far");
    }

    @Test
    void the_text_so_far_is_the_workers_if_it_says_so_else_what_was_flushed_else_the_earlier_attempts() {
        Worker.Claim first = chat.claimed(worker);
        worker.append(first, null, 0, "good ");
        worker.fail(first, "cut", "0 seconds", "good mor", true);
        assertThat(text(first)).isEqualTo("good mor under 1");
        Worker.Claim second = worker.claimOne();
        worker.fail(second, "cut", "0 seconds", null, true);
        assertThat(text(second)).isEqualTo("good mor under 1");
        Worker.Claim third = worker.claimOne();
        worker.append(third, null, 0, "go");
        worker.append(third, 0, 2, "od");
        worker.giveUp(third);
        assertThat(text(third)).isEqualTo("good under 3");
    }

    @Test
    void a_running_reply_shows_the_earlier_text_until_its_own_first_text() {
        Worker.Claim first = chat.claimed(worker);
        worker.fail(first, "cut", "0 seconds", "earlier", true);
        Worker.Claim second = worker.claimOne();
        worker.stream(second);
        assertThat(shown(second)).isEqualTo("earlier under 1");
        worker.append(second, null, 0, "now");
        assertThat(shown(second)).isEqualTo("now under 2");
    }

    @Test
    void a_retry_starts_anew_and_keeps_the_old_text_and_history() {
        Worker.Claim claim = chat.claimed(worker);
        worker.fail(claim, "bad key", null, "old", true);
        chat.one(String.class, OF_PEOPLE, claim.generation());
        assertThat(text(claim)).isEqualTo("old under 1");
        assertThat(chat.one(
                        String.class,
                        "select concat_ws(' ', attempt, fence, error, history -> 0 ->> 'error') from chat.generation"))
                .isEqualTo("0 2 bad key");
        assertThat(worker.claimOne().attempt()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {OF_PEOPLE, OF_ADMINISTRATORS})
    void a_retry_leaves_nothing_of_the_earlier_attempt_but_its_history(String retry) {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "done");
        worker.complete(claim, "done");
        chat.one(String.class, retry, claim.generation());
        assertThat(
                        chat.one(
                                String.class,
                                "select concat_ws(' ', state, first_token_at, finished_at, input_tokens, output_tokens, flushes) from chat.generation"))
                .isEqualTo("queued");
    }

    @Test
    void a_retry_of_one_that_waits_begins_at_once_and_of_one_that_is_due_changes_nothing() {
        Worker.Claim claim = chat.claimed(worker);
        worker.fail(claim, "rate limited", "1 hour", null, true);
        chat.one(String.class, OF_PEOPLE, claim.generation());
        String once = chat.one(String.class, "select g::text from chat.generation g");
        chat.one(String.class, OF_PEOPLE, claim.generation());
        assertThat(chat.one(String.class, "select g::text from chat.generation g"))
                .isEqualTo(once);
        assertThat(worker.claimOne().generation()).isEqualTo(claim.generation());
    }

    @Test
    void a_retry_of_one_whose_lease_has_expired_takes_it_from_its_worker() {
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "so far");
        worker.outliveLease(claim);
        chat.one(String.class, OF_PEOPLE, claim.generation());
        assertThat(worker.complete(claim, "stale")).isEqualTo("fenced");
        assertThat(text(claim)).isEqualTo("so far under 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {OF_PEOPLE, OF_ADMINISTRATORS})
    void a_retry_of_one_whose_lease_has_expired_at_its_last_attempt_gives_it_all_attempts_again(String retry) {
        Worker.Claim claim = chat.claimed(worker);
        chat.run("update chat.generation set max_attempts = 1");
        worker.outliveLease(claim);
        chat.one(String.class, retry, claim.generation());
        assertThat(
                        chat.one(
                                String.class,
                                "select concat_ws(' ', state, attempt, history -> 0 ->> 'attempt', history -> 0 ->> 'outcome') from chat.generation"))
                .isEqualTo("queued 0 1 taken away");
        assertThat(worker.claimOne().attempt()).isEqualTo(1);
    }

    @Test
    void plain_sql_cannot_take_the_last_attempt_from_one_that_waits_and_so_stop_every_claim() {
        worker.fail(chat.claimed(worker), "rate limited", "0 seconds", null, true);
        assertThatThrownBy(() -> chat.run("update chat.generation set max_attempts = 1"))
                .hasMessageContaining("generation_queued_has_an_attempt_left");
        chat.post("tom", "@ada?");
        assertThat(worker.claim(5)).hasSize(2);
    }

    private void comeDue() {
        chat.run("update chat.generation set run_at = now()");
    }

    private String text(Worker.Claim claim) {
        return chat.one(
                String.class,
                "select content || ' under ' || text_fence from chat.message where id = ?",
                claim.message());
    }

    private String shown(Worker.Claim claim) {
        return chat.one(
                String.class,
                "select j ->> 'content' || ' under ' || (j ->> 'textFence') from chat.message m, chat.message_json(m) j where m.id = ?",
                claim.message());
    }
}
