package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.UUID;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** An administrator makes a link, and who lost the password chooses another by it. */
class LostPasswordTest {

    private static WebApp app;
    private static Browser ada;

    @BeforeAll
    static void start() {
        app = WebApp.start("holdfast.limits.joining=30/100h");
        ada = app.administrator();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void the_link_gives_a_new_password_once_signs_in_and_ends_all_other_sessions() {
        var lost = app.member("kim");
        var made = ada.post("/api/accounts/" + id("kim") + "/reset", "{}")
                .mustBe(201)
                .json();
        assertThat(made.path("validUntil").stringValue()).isNotEmpty();
        var code = code(made.path("link").stringValue());
        lost.get("/api/me").mustBe(200);

        var here = app.browser();
        assertThat(reset(here, code, "short").mustBe(422).detail()).contains("8 characters");
        assertThat(reset(here, code, "a new password")
                        .mustBe(200)
                        .json()
                        .path("handle")
                        .stringValue())
                .isEqualTo("kim");

        here.get("/api/me").mustBe(200);
        lost.get("/api/me").mustBe(401);
        app.browser().signIn("kim").mustBe(401);
        app.browser().signIn("kim", "a new password").mustBe(200);
        assertThat(reset(app.browser(), code, "another password").mustBe(404).detail())
                .contains("administrator");
        assertThat(app.jdbc()
                        .sql(
                                "select string_agg(actor || ' ' || action, ', ' order by id) from ops.audit where subject = 'account kim'")
                        .query(String.class)
                        .single())
                .isEqualTo("ada reset_password, kim choose_password");
    }

    @Test
    void administrators_alone_make_one_and_only_for_people() {
        var member = app.member("lea");
        member.post("/api/accounts/" + id("ada") + "/reset", "{}").mustBe(403);
        app.browser().post("/api/accounts/" + id("ada") + "/reset", "{}").mustBe(401);
        ada.post("/api/accounts/" + UUID.randomUUID() + "/reset", "{}").mustBe(404);
        ada.post("/api/accounts/" + id("guide") + "/reset", "{}").mustBe(404);
        ada.patch("/api/accounts/" + id("lea"), "{\"disabled\": true}").mustBe(200);
        assertThat(ada.post("/api/accounts/" + id("lea") + "/reset", "{}")
                        .mustBe(409)
                        .detail())
                .contains("/people");
    }

    @Test
    void an_administrator_who_was_removed_comes_back_by_no_link_or_invitation_from_before() {
        var eve = app.member("eve");
        ada.patch("/api/accounts/" + id("eve"), "{\"role\": \"administrator\"}").mustBe(200);
        var link = eve.post("/api/accounts/" + id("ada") + "/reset", "{}")
                .mustBe(201)
                .json()
                .path("link")
                .stringValue();
        var invite = eve.post("/api/invites", "{\"days\": 365, \"maxUses\": 1000}")
                .mustBe(201)
                .json()
                .path("code")
                .stringValue();

        ada.patch("/api/accounts/" + id("eve"), "{\"role\": \"member\"}").mustBe(200);

        reset(app.browser(), code(link), "eve is ada now").mustBe(404);
        app.browser().signIn("ada").mustBe(200);
        var joining = "{\"invite\": \"%s\", \"handle\": \"eve2\", \"password\": \"%s\"}";
        assertThat(app.browser()
                        .post("/api/accounts", joining.formatted(invite, WebApp.PASSWORD))
                        .mustBe(409)
                        .detail())
                .contains("revoked");
    }

    /** The one who is locked out has nobody to ask. */
    @Test
    void the_only_administrator_takes_the_link_from_psql() {
        var link = app.jdbc()
                .sql("select link from ops.reset_password('ada')")
                .query(String.class)
                .single();
        var back = app.browser();
        reset(back, code(link), WebApp.PASSWORD).mustBe(200);
        back.get("/api/invites").mustBe(200);
        ada = back;
    }

    @Test
    void codes_are_not_tried_without_end() {
        app.member("moe");
        app.jdbc()
                .sql("update chat.allowance set spent_until = now() + interval '100 hours' where key like 'join %'")
                .update();
        reset(app.browser(), "AAAAAAAAAAAAAAAAAAAAAA", "a new password").mustBe(429);
        app.jdbc().sql("delete from chat.allowance where key like 'join %'").update();
        reset(app.browser(), "AAAAAAAAAAAAAAAAAAAAAA", "a new password").mustBe(404);
        app.browser().post("/api/session/reset", "{}").mustBe(404);
    }

    /** What is sent while another password is being chosen waits for that, or is waited for. */
    @Test
    void a_sign_in_under_way_ends_with_the_password_that_it_was_given() throws Exception {
        app.member("ola");
        var late = app.browser();
        late.get("/api/me");
        whileAnotherPasswordIsChosen("ola", () -> late.signIn("ola").mustBe(200));
        late.get("/api/me").mustBe(401);
        assertThat(app.jdbc()
                        .sql("select count(*) from chat.session where principal_name = ?")
                        .param(id("ola").toString())
                        .query(Long.class)
                        .single())
                .isZero();
    }

    @Test
    void who_was_let_in_by_the_old_password_does_not_replace_the_new_one() throws Exception {
        var old = app.member("pam");
        whileAnotherPasswordIsChosen("pam", () -> {
            var wanted = "{\"current\": \"%s\", \"password\": \"the old hand's\"}".formatted(WebApp.PASSWORD);
            assertThat(old.put("/api/me/password", wanted).mustBe(409).detail()).contains("new one");
        });
        app.browser().signIn("pam", "the old hand's").mustBe(401);
        assertThat(app.jdbc()
                        .sql("select password_hash from chat.credential where account_id = ?")
                        .param(id("pam"))
                        .query(String.class)
                        .single())
                .isEqualTo("chosen meanwhile");
    }

    /** The other password is written, the sessions are gone, and nothing of it is committed until the call waits or has ended. */
    private static void whileAnotherPasswordIsChosen(String handle, Runnable call) throws Exception {
        try (var owner = app.database().dataSource().getConnection();
                var statement = owner.createStatement();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            owner.setAutoCommit(false);
            statement.execute("select chat.change_password('%s', 'chosen meanwhile')::text".formatted(id(handle)));
            statement.execute("delete from chat.session where principal_name = '%s'".formatted(id(handle)));
            var answer = threads.submit(call);
            await().until(() -> answer.isDone() || waiting());
            owner.commit();
            answer.get();
        }
    }

    private static boolean waiting() {
        return app.jdbc()
                .sql(
                        "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')")
                .query(Boolean.class)
                .single();
    }

    private static Browser.Answer reset(Browser browser, String code, String password) {
        return browser.post("/api/session/reset", "{\"code\": \"%s\", \"password\": \"%s\"}".formatted(code, password));
    }

    private static String code(String link) {
        return link.substring(link.indexOf('#') + 1);
    }

    private static UUID id(String handle) {
        return app.jdbc()
                .sql("select id from chat.account where handle = ?")
                .param(handle)
                .query(UUID.class)
                .single();
    }
}
