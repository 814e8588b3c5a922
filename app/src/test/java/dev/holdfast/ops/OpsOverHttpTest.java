package dev.holdfast.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Operators look, administrators act, members do neither; over real HTTP. */
class OpsOverHttpTest {

    private static WebApp app;
    private static Browser administrator;
    private static Browser operator;
    private static Browser member;
    private static String secret;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        administrator = app.administrator();
        operator = app.member("olga");
        member = app.member("bob");
        app.jdbc()
                .sql("update chat.account set role = 'operator' where handle = 'olga'")
                .update();
        for (var handle : new String[] {"mo", "sam"}) {
            administrator
                    .post(
                            "/api/agents",
                            "{\"handle\": \"%s\", \"provider\": \"guide\", \"model\": \"guide\"}".formatted(handle))
                    .mustBe(201);
        }
        secret = administrator
                .post("/api/channels", "{\"name\": \"board\", \"private\": true}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void nothingQueued() {
        app.jdbc()
                .sql("select ops.cancel(id)::text from ops.generations where state in ('queued', 'running')")
                .query(String.class)
                .list();
        app.jdbc().sql("update chat.agent set paused = false").update();
    }

    private static long ask(String text) {
        administrator.write(secret, text).mustBe(201);
        return app.jdbc()
                .sql("select max(id) from chat.generation")
                .query(Long.class)
                .single();
    }

    private static long failed() {
        var id = ask("the budget is secret, @mo");
        app.jdbc()
                .sql("select chat.register_worker('elsewhere', 4)")
                .query(Long.class)
                .single();
        app.jdbc()
                .sql(
                        "select generation_id from chat.claim((select max(id) from chat.worker), 10, '10 seconds'::interval)")
                .query(Long.class)
                .list();
        app.jdbc()
                .sql(
                        "select chat.fail(worker_id, message_id, fence, 'The key was refused.', 'bad_key', null, null, true) from chat.generation where id = ?")
                .param(id)
                .query(String.class)
                .single();
        return id;
    }

    @ParameterizedTest
    @ValueSource(strings = {"queue", "generations", "workers", "throughput", "audit", "metrics", "generations/1"})
    void operators_look_and_members_dont(String what) {
        failed();
        operator.get("/api/ops/" + what).mustBe(200);
        administrator.get("/api/ops/" + what).mustBe(200);
        assertThat(member.get("/api/ops/" + what).mustBe(403).detail()).contains("Ask an administrator");
        app.browser().get("/api/ops/" + what).mustBe(401);
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry", "cancel", "pause", "resume", "drain", "undrain", "retry-failed"})
    void only_administrators_act(String deed) {
        var body = "{%s}"
                .formatted(
                        switch (deed) {
                            case "retry", "cancel" -> "\"ids\": [1]";
                            case "drain", "undrain" -> "\"workers\": [\"elsewhere\"]";
                            case "retry-failed" -> "\"agent\": \"mo\"";
                            default -> "\"agents\": [\"mo\"]";
                        });
        failed();
        operator.post("/api/ops/" + deed, body).mustBe(403);
        member.post("/api/ops/" + deed, body).mustBe(403);
        administrator.post("/api/ops/" + deed, body).mustBe(200);
    }

    @Test
    void the_queue_and_the_list_show_what_waits() {
        var id = ask("@sam are you there");
        var sam = find(operator.get("/api/ops/queue").json(), "agent", "sam");
        assertThat(sam.path("queued").longValue()).isEqualTo(1);
        assertThat(sam.path("oldestAge").doubleValue()).isBetween(0.0, 30.0);
        var listed = operator.get("/api/ops/generations?state=queued&agent=sam&channel=board&minAge=0&limit=5")
                .json();
        assertThat(listed).hasSize(1);
        assertThat(listed.get(0).path("id").longValue()).isEqualTo(id);
        assertThat(operator.get("/api/ops/generations?state=queued&minAge=3600").json())
                .isEmpty();
        assertThat(operator.get("/api/ops/generations?before=" + id).json())
                .noneMatch(each -> each.path("id").longValue() >= id);
        assertThat(operator.get("/api/ops/generations?state=asleep").mustBe(422).detail())
                .contains("asleep")
                .contains("queued");
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -1, 0})
    void a_page_before_all_ids_is_refused(long before) {
        assertThat(operator.get("/api/ops/generations?agent=mo&before=" + before)
                        .mustBe(422)
                        .detail())
                .contains("before")
                .contains(Long.toString(before));
        operator.get("/api/ops/generations?agent=mo&before=1").mustBe(200);
        operator.get("/api/ops/generations?agent=mo&before=" + Long.MAX_VALUE).mustBe(200);
    }

    @Test
    void stuck_ones_come_with_reason_and_remedy_and_are_retried_in_bulk() {
        var id = failed();
        var stuck = find(operator.get("/api/ops/generations?state=stuck").json(), "id", Long.toString(id));
        assertThat(stuck.path("reason").stringValue()).isEqualTo("failed at the first attempt");
        assertThat(stuck.path("mend").stringValue()).isEqualTo("select ops.retry(" + id + ");");
        var done = administrator
                .post("/api/ops/retry", "{\"ids\": [%d, 999999]}".formatted(id))
                .mustBe(200)
                .json();
        assertThat(done.get(0).path("outcome").stringValue()).isEqualTo("queued");
        assertThat(done.get(1).path("outcome").stringValue()).isEqualTo("refused");
        assertThat(done.get(1).path("detail").stringValue())
                .startsWith("There is no generation 999999.")
                .as("the remedy")
                .contains("ops.generations");
        assertThat(administrator
                        .post("/api/ops/cancel", "{\"ids\": [%d]}".formatted(id))
                        .json()
                        .get(0)
                        .path("outcome")
                        .stringValue())
                .isEqualTo("cancelled");
        var audit = administrator.get("/api/ops/audit?limit=2").json();
        assertThat(audit.get(0).path("actor").stringValue())
                .as("the account, not the database user")
                .isEqualTo("ada");
        assertThat(audit.get(0).path("action").stringValue()).isEqualTo("cancel");
    }

    @Test
    void the_story_has_attempts_context_and_audit_but_nothing_that_was_written() {
        var id = failed();
        app.jdbc()
                .sql("update chat.generation set context_ids = array[asked_by_message] where id = ?")
                .param(id)
                .update();
        administrator.post("/api/ops/retry", "{\"ids\": [%d]}".formatted(id)).mustBe(200);
        var answer = operator.get("/api/ops/generations/" + id).mustBe(200);
        var story = answer.json();
        assertThat(Instant.parse(story.path("askedAt").stringValue()))
                .as("asked for, and later queued again")
                .isBefore(Instant.parse(story.path("queuedAt").stringValue()));
        assertThat(story.path("history").get(0).path("error").stringValue()).isEqualTo("The key was refused.");
        assertThat(story.path("history").get(0).path("worker").stringValue()).isEqualTo("elsewhere");
        assertThat(story.path("context").get(0).path("author").stringValue()).isEqualTo("ada");
        assertThat(story.path("context").get(0).path("characters").longValue()).isEqualTo(25);
        assertThat(story.path("audit").get(0).path("action").stringValue()).isEqualTo("retry");
        assertThat(answer.body()).doesNotContain("budget");
        assertThat(operator.get("/api/ops/generations/999999").mustBe(404).detail())
                .contains("999999");
    }

    @Test
    void agents_are_paused_and_workers_drained_by_name() {
        failed();
        var paused = administrator
                .post("/api/ops/pause", "{\"agents\": [\"mo\", \"sam\"]}")
                .mustBe(200)
                .json();
        assertThat(paused)
                .hasSize(2)
                .allMatch(each -> each.path("outcome").stringValue().equals("paused"));
        assertThat(administrator
                        .post("/api/ops/resume", "{\"agents\": [\"mo\"]}")
                        .json()
                        .get(0)
                        .path("outcome")
                        .stringValue())
                .isEqualTo("resumed");
        assertThat(administrator
                        .post("/api/ops/drain", "{\"workers\": [\"elsewhere\"]}")
                        .mustBe(200)
                        .json())
                .hasSize(1);
        assertThat(find(operator.get("/api/ops/workers").json(), "worker", "elsewhere")
                        .path("state")
                        .stringValue())
                .isEqualTo("draining");
        assertThat(administrator
                        .post("/api/ops/pause", "{\"agents\": [\"nobody\"]}")
                        .mustBe(404)
                        .detail())
                .contains("nobody")
                .as("the remedy")
                .contains("Agents: ")
                .contains("sam");
        assertThat(administrator
                        .post("/api/ops/pause", "{\"agents\": []}")
                        .mustBe(422)
                        .detail())
                .contains("agents");
        administrator.post("/api/ops/undrain", "{\"workers\": [\"elsewhere\"]}").mustBe(200);
    }

    @ParameterizedTest
    @ValueSource(longs = {-5, 315_360_001, 9_999_999_999_999_999L, Long.MAX_VALUE})
    void an_age_that_no_clock_knows_is_refused_with_a_sentence(long seconds) {
        assertThat(operator.get("/api/ops/generations?minAge=" + seconds)
                        .mustBe(422)
                        .detail())
                .contains("minAge is " + seconds);
        assertThat(administrator
                        .post("/api/ops/retry-failed", "{\"agent\": \"mo\", \"seconds\": %d}".formatted(seconds))
                        .mustBe(422)
                        .detail())
                .contains("seconds is " + seconds);
    }

    @Test
    void whatever_an_administrator_does_to_others_is_in_the_audit_with_who_did_it_and_to_what() {
        var deputy = app.member("dora");
        var people = operator.get("/api/accounts").json();
        var dora = find(people, "handle", "dora").path("id").stringValue();
        var channel = administrator
                .post("/api/channels", "{\"name\": \"audited\"}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        var members = "/api/channels/" + channel + "/members";
        administrator.post(members, "{\"handle\": \"bob\"}").mustBe(204);
        administrator.post(members, "{\"handle\": \"dora\"}").mustBe(204);
        var before = audited(0);
        // what members may do is no deed of an administrator
        var own = administrator.write(channel, "mine").mustBe(201).json();
        administrator.delete("/api/messages/" + own.path("id").stringValue()).mustBe(200);
        assertThat(audited(before.size())).isEmpty();

        administrator
                .patch("/api/accounts/" + dora, "{\"role\": \"administrator\"}")
                .mustBe(200);
        var word = member.write(channel, "a word").mustBe(201).json().path("id").stringValue();
        deputy.delete("/api/messages/" + word).mustBe(200);
        deputy.delete("/api/messages/" + word).mustBe(200);
        deputy.delete(members + "/bob").mustBe(204);
        deputy.patch("/api/channels/" + channel, "{\"name\": \"renamed\"}").mustBe(200);
        deputy.delete(members + "/dora").mustBe(204);
        var made = deputy.post(
                        "/api/agents",
                        "{\"handle\": \"kim\", \"provider\": \"guide\", \"model\": \"guide\", \"systemPrompt\": \"hush\"}")
                .mustBe(201)
                .json();
        var kim = "/api/agents/" + made.path("id").stringValue();
        deputy.patch(kim, "{\"paused\": true}").mustBe(200);
        deputy.patch(kim, "{\"paused\": true}").mustBe(200);
        deputy.patch(kim, "{\"paused\": false, \"displayName\": \"Kim\"}").mustBe(200);
        deputy.patch(kim, "{}").mustBe(200);
        assertThat(audited(before.size()))
                .containsExactly(
                        "ada change_account account dora {\"role\": \"administrator\"}",
                        "dora delete_message message " + word + " {\"author\": \"bob\", \"channel\": \"audited\"}",
                        "dora remove_member channel audited {\"member\": \"bob\"}",
                        "dora rename_channel channel audited {\"name\": \"renamed\"}",
                        "dora make_agent agent kim {\"model\": \"guide\", \"handle\": \"kim\", \"provider\": \"guide\"}",
                        "dora pause_agent agent kim {\"queued\": 0, \"running\": 0}",
                        "dora change_agent agent kim {\"displayName\": \"Kim\"}",
                        "dora resume_agent agent kim {\"queued\": 0, \"running\": 0}");
    }

    private static List<String> audited(int after) {
        return app.jdbc()
                .sql(
                        "select actor || ' ' || action || ' ' || subject || ' ' || detail from ops.audit order by id offset ?")
                .param(after)
                .query(String.class)
                .list();
    }

    @Test
    void the_charts_have_their_samples() throws InterruptedException {
        JsonNode window = operator.get("/api/ops/metrics").json();
        for (var tries = 0; tries < 100 && window.path("samples").isEmpty(); tries++) {
            Thread.sleep(100);
            window = operator.get("/api/ops/metrics").json();
        }
        assertThat(window.path("samples").get(0).path("at").longValue()).isPositive();
        assertThat(window.path("process").stringValue())
                .as("which of several web processes it is of")
                .endsWith("-" + ProcessHandle.current().pid());
        assertThat(operator.get("/api/ops/throughput?minutes=10").json()).hasSize(10);
        assertThat(operator.get("/api/ops/metrics?after=" + Long.MAX_VALUE)
                        .json()
                        .path("samples"))
                .isEmpty();
    }

    private static JsonNode find(JsonNode rows, String field, String value) {
        for (var row : rows) {
            if (row.path(field).asString().equals(value)) return row;
        }
        throw new AssertionError("No " + field + " " + value + " in " + rows);
    }
}
