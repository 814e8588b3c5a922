package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Fault;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Served.End;
import dev.holdfast.testing.Texts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users see when a model fails: the model rows of the design's table of faults. */
@Order(1)
class FailuresTest {
    private static final String PARTIAL = "These words come before the";

    private final TestDatabase database = TestPostgres.create();
    private final ModelServer server = ModelServer.start();
    private final Channel channel = new Channel(database);
    private TestWorker worker;

    @BeforeEach
    void start() {
        channel.agent("ada", "openai", "m");
        worker = TestWorker.start(database, server);
    }

    @AfterEach
    void close() {
        worker.close();
        server.close();
    }

    private UUID ask(Script... scripts) {
        server.on("m", scripts);
        return channel.ask("hello @ada");
    }

    /** Waits until the first attempt has failed and the reply waits for its next one. */
    private Map<String, Object> awaitRetry(UUID asking) {
        long until = System.nanoTime() + 30_000_000_000L;
        while (System.nanoTime() < until) {
            var reply = channel.reply(asking);
            if ("queued".equals(reply.get("state")) && reply.get("error") != null) return reply;
        }
        throw new AssertionError("no retry within 30 s: " + channel.reply(asking));
    }

    @Test
    void a_rate_limited_model_is_asked_again_when_it_said_and_users_see_why() {
        var asking = ask(Script.fails(Fault.RATE_LIMITED).retryAfter("3"), Script.says("now then"));
        var waiting = awaitRetry(asking);
        assertThat(waiting)
                .containsEntry("error", "rate limited")
                .containsEntry("error_code", "rate_limited")
                .containsEntry("status", "queued");
        assertThat((Double) waiting.get("waits")).isBetween(3.0, 4.1);
        var reply = channel.await(asking, "completed");
        assertThat(reply)
                .containsEntry("content", "now then")
                .containsEntry("attempt", 2)
                .containsEntry("error", null);
        assertThat(worker.meters
                        .get("holdfast.retries")
                        .tag("reason", "rate_limited")
                        .counter()
                        .count())
                .isEqualTo(1);
    }

    @Test
    void a_model_that_does_not_stop_is_cut_at_the_bound_and_the_other_replies_go_on() {
        channel.agent("bob", "openai", "n");
        String other = Texts.ofWords(Texts.Kind.MIXED, 300, 4);
        server.on("n", Script.says(other).pace(100));
        var asking = channel.ask("hello @bob");
        channel.awaitText(asking);
        String endless = ("on and on and " + "on".repeat(43) + "\n").repeat(30_000);
        var reply = channel.await(ask(Script.says(endless)), "completed");
        assertThat(reply)
                .containsEntry("status", "complete")
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "too_long")
                .containsEntry("chunks", 0L)
                .containsEntry("content", endless.substring(0, ReplyText.MOST));
        assertThat((String) reply.get("error")).contains("500,000", "maxTokens");
        await().atMost(Duration.ofSeconds(10))
                .until(() -> server.served("m").getFirst().end() == End.CLOSED_BY_CLIENT);
        assertThat(channel.await(asking, "completed")).containsEntry("content", other);
    }

    @ParameterizedTest
    @EnumSource(names = {"SERVER_ERROR", "DROP", "EMPTY"})
    void after_three_attempts_a_reply_is_failed_with_the_last_reason(Fault fault) {
        var asking = ask(Script.fails(fault));
        var reply = channel.await(asking, "failed");
        assertThat(reply)
                .containsEntry("attempt", 3)
                .containsEntry("status", "failed")
                .containsEntry("content", "");
        assertThat((String) reply.get("error")).startsWith("the ");
    }

    @ParameterizedTest
    @EnumSource(names = {"CUT", "CUT_CLEAN", "RUBBISH", "ERROR_EVENT"})
    void after_a_break_mid_stream_the_partial_stays_until_a_fresh_attempt_replaces_it(Fault fault) {
        var asking = ask(Script.fails(fault), Script.says("whole and well"));
        var waiting = awaitRetry(asking);
        assertThat(waiting).containsEntry("content", PARTIAL).containsEntry("chunks", 0L);
        assertThat(channel.await(asking, "completed"))
                .containsEntry("content", "whole and well")
                .containsEntry("attempt", 2);
    }

    @Test
    void after_the_last_break_the_partial_stays_and_any_member_can_run_it_again() {
        var asking = ask(Script.fails(Fault.CUT));
        var failed = channel.await(asking, "failed");
        assertThat(failed)
                .containsEntry("content", PARTIAL)
                .containsEntry("status", "failed")
                .containsEntry("chunks", 0L);
        server.on("m", Script.says("whole and well"));
        channel.retry(asking, "mira");
        assertThat(channel.await(asking, "completed"))
                .containsEntry("content", "whole and well")
                .containsEntry("attempt", 1);
    }

    @ParameterizedTest
    @EnumSource(names = {"SILENCE", "STALL_FIRST"})
    void a_model_that_does_not_begin_is_tried_again_after_the_first_token_limit(Fault fault) {
        channel.set("ada", "first_token_limit = '300 milliseconds'");
        var asking = ask(Script.fails(fault), Script.says("at last"));
        assertThat((String) awaitRetry(asking).get("error"))
                .startsWith("the model did not answer within 0.3 s; ")
                .contains("/agents");
        assertThat(channel.await(asking, "completed")).containsEntry("content", "at last");
        assertThat(server.served("m").getFirst().end()).isEqualTo(End.CLOSED_BY_CLIENT);
    }

    @Test
    void a_model_that_falls_silent_is_tried_again_after_the_idle_limit() {
        channel.set("ada", "idle_limit = '300 milliseconds'");
        var asking = ask(Script.fails(Fault.STALL), Script.says("at last"));
        assertThat(awaitRetry(asking))
                .containsEntry("error_code", "idle_timeout")
                .containsEntry("content", PARTIAL);
        assertThat(channel.await(asking, "completed")).containsEntry("content", "at last");
        assertThat(server.served("m").getFirst().end()).isEqualTo(End.CLOSED_BY_CLIENT);
    }

    @Test
    void a_model_that_never_ends_is_ended_by_the_total_limit() {
        channel.set("ada", "total_limit = '800 milliseconds'");
        var reply = channel.await(ask(Script.says("on and ".repeat(10_000)).pace(200)), "failed");
        assertThat(reply).containsEntry("attempt", 1).containsEntry("error_code", "total_timeout");
        assertThat((String) reply.get("content")).startsWith("on and on and");
        assertThat((String) reply.get("error")).contains("may take; ", "/agents");
    }

    @ParameterizedTest
    @EnumSource(names = {"BAD_KEY", "UNKNOWN_MODEL", "CONTEXT_TOO_LONG", "REFUSED", "QUOTA"})
    void what_only_a_person_can_mend_takes_one_attempt_and_says_what_to_do(Fault fault) {
        var reply = channel.await(ask(Script.fails(fault)), "failed");
        assertThat(reply).containsEntry("attempt", 1);
        assertThat((String) reply.get("error")).matches("[A-Z].{20,}\\.").doesNotContain("sk-");
        assertThat(server.served("m")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void a_reply_cut_by_its_limit_of_tokens_says_so_beside_its_text_which_alone_the_model_is_told(String provider) {
        channel.agent("bea", provider, "b");
        server.on("b", Script.fails(Fault.LENGTH), Script.says("fault"));
        assertThat(channel.await(channel.ask("hello @bea"), "completed"))
                .containsEntry("status", "complete")
                .containsEntry("content", PARTIAL)
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "max_tokens")
                .containsEntry(
                        "error",
                        "The reply was cut off at its limit, after 5 tokens. Ask for the rest, or raise the agent's maxTokens.");
        assertThat(channel.await(channel.ask("go on @bea"), "completed")).containsEntry("error", null);
        assertThat(server.served("b").getLast().body).contains(PARTIAL).doesNotContain("cut off");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic", "ollama"})
    void a_model_that_used_up_its_tokens_before_it_spoke_is_not_asked_the_same_again(String provider) {
        channel.agent("bea", provider, "b");
        server.on("b", Script.fails(Fault.LENGTH).after(0));
        assertThat(channel.await(channel.ask("hello @bea"), "failed"))
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "max_tokens")
                .containsEntry(
                        "error",
                        "The model used up its tokens before it said a word. To get an answer, raise the agent's maxTokens.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void a_reply_that_a_filter_broke_off_says_so(String provider) {
        channel.agent("bea", provider, "b");
        server.on("b", Script.fails(Fault.FILTERED));
        assertThat(channel.await(channel.ask("hello @bea"), "completed"))
                .containsEntry("content", PARTIAL)
                .containsEntry("error_code", "refused")
                .containsEntry("error", "The model broke off and refused to go on. Ask in other words.");
        server.on("b", Script.fails(Fault.FILTERED).after(0));
        assertThat(channel.await(channel.ask("hello again @bea"), "failed"))
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "refused");
    }

    /** OpenAI's models refuse in a field of its own, and then finish as if they had answered. */
    @Test
    void a_refusal_instead_of_an_answer_takes_one_attempt() {
        String chunk = "data: {\"id\": \"1\", \"object\": \"chat.completion.chunk\", \"created\": 1, \"model\": \"m\", "
                + "\"choices\": [{\"index\": 0, \"delta\": %s, \"finish_reason\": %s}]}\n\n";
        var refusal = chunk.formatted("{\"refusal\": \"I cannot help with that.\"}", "null")
                + chunk.formatted("{}", "\"stop\"") + "data: [DONE]\n\n";
        assertThat(channel.await(ask(Script.answers(200, refusal)), "failed"))
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "refused");
    }

    @Test
    void a_reply_whose_question_was_deleted_while_it_waited_answers_nobody_else() {
        channel.post("mira", "what is the time?");
        channel.set("ada", "paused = true");
        var asking = ask(Script.says("five past four"));
        channel.delete(asking, "mira");
        channel.set("ada", "paused = false");
        assertThat(channel.await(asking, "failed"))
                .containsEntry("status", "failed")
                .containsEntry("content", "")
                .containsEntry("attempt", 1)
                .containsEntry("error_code", "no_question")
                .containsEntry(
                        "error",
                        "The message that asked for this reply was deleted, or failed itself. Ask again with a new message.");
        assertThat(server.served()).isEmpty();
    }

    @Test
    void wrong_options_are_named() {
        channel.set("ada", "options = '{\"temperature\": 9}'");
        assertThat(channel.await(ask(Script.says("never")), "failed"))
                .containsEntry("attempt", 1)
                .containsEntry("error", "The agent option 'temperature' is 9, but must be a number from 0 to 2.");
        assertThat(server.served()).isEmpty();
    }

    @Test
    void the_context_is_the_newest_that_fits_with_names_and_without_failed_replies() {
        channel.person("omar");
        channel.post("omar", "far too long ago: " + "x".repeat(5000));
        channel.post("omar", "I like tea");
        channel.await(ask(Script.fails(Fault.BAD_KEY)), "failed");
        var first = channel.await(ask(Script.says("so do I")), "completed");
        channel.set("ada", "options = '{\"contextTokens\": 200}'");
        var second = channel.await(ask(Script.says("yes")), "completed");
        var body = server.served("m").getLast().body;
        assertThat(body)
                .contains("Omar (@omar): I like tea", "\"so do I\"", "Mira (@mira): hello @ada")
                .doesNotContain("far too long ago", "API key");
        assertThat(List.of(first.get("context"), second.get("context"))).isEqualTo(List.of(4, 5));
    }
}
