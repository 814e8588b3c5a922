package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.UUID;
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
