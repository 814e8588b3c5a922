package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignInTest {

    private static WebApp app;

    @BeforeAll
    static void start() throws Exception {
        app = WebApp.start();
        ten_browsers_that_set_up_at_once_make_one_account();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    /** First of all, because there is only one first account. */
    private static void ten_browsers_that_set_up_at_once_make_one_account() throws Exception {
        assertThat(app.browser()
                        .get("/api/setup")
                        .mustBe(200)
                        .json()
                        .path("needed")
                        .booleanValue())
                .isTrue();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var setUps = IntStream.range(0, 10)
                    .mapToObj(i -> "{\"handle\": \"%s\", \"displayName\": \"Ada\", \"password\": \"%s\"}"
                            .formatted(i == 0 ? "ada" : "ada" + i, WebApp.PASSWORD))
                    .<Callable<Integer>>map(first ->
                            () -> Browser.untilTaken(() -> app.browser().post("/api/setup", first))
                                    .status())
                    .toList();
            var answers = new ArrayList<Integer>();
            for (var answer : threads.invokeAll(setUps)) {
                answers.add(answer.get());
            }
            assertThat(answers).containsOnlyOnce(201).containsOnly(201, 409);
        }
        app.jdbc()
                .sql("update chat.account set handle = 'ada' where kind = 'human'")
                .update();
    }

    @Test
    void setting_up_again_is_a_conflict_that_says_what_to_do() {
        var browser = app.browser();
        assertThat(browser.get("/api/setup").json().path("needed").booleanValue())
                .isFalse();
        var refused = browser.post(
                "/api/setup",
                "{\"handle\": \"eve\", \"displayName\": \"Eve\", \"password\": \"%s\"}".formatted(WebApp.PASSWORD));
        assertThat(refused.mustBe(409).detail()).contains("Sign in");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AA==", "AAAA", "!!!!", "/w==", "bm8tc2Vzc2lvbg=="})
    void a_cookie_that_holds_no_session_is_nobody_s(String cookie) {
        var stranger = app.browser();
        var request = stranger.request("/api/me")
                .header("Cookie", "HOLDFAST=" + cookie)
                .build();
        stranger.send(request).mustBe(401);
    }

    @Test
    void me_tells_who_is_signed_in() {
        var me = app.administrator().get("/api/me").mustBe(200).json();
        assertThat(me.path("handle").stringValue()).isEqualTo("ada");
        assertThat(me.path("role").stringValue()).isEqualTo("administrator");
    }

    @Test
    void a_stranger_is_told_so_and_gets_the_token_for_signing_in() {
        var browser = app.browser();
        assertThat(browser.get("/api/me").mustBe(401).detail()).contains("Sign in");
        assertThat(browser.cookie("XSRF-TOKEN")).isPresent();
        assertThat(browser.cookie("HOLDFAST")).isEmpty();
    }

    @Test
    void every_other_call_is_closed_to_strangers() {
        for (var path : new String[] {
            "/api/channels",
            "/api/agents",
            "/api/accounts",
            "/api/search?q=a",
            "/api/sessions",
            "/api/invites",
            "/api/nowhere",
            "/v3/api-docs"
        }) {
            app.browser().get(path).mustBe(401).detail();
        }
    }

    @Test
    void signing_in_gives_a_new_session_and_a_new_token() {
        var browser = app.browser();
        browser.get("/api/me");
        var token = browser.cookie("XSRF-TOKEN");
        browser.signIn("ada").mustBe(200);
        var first = browser.cookie("HOLDFAST");
        assertThat(first).isPresent();
        assertThat(browser.cookie("XSRF-TOKEN")).isPresent().isNotEqualTo(token);
        browser.signIn("  @ADA ").mustBe(200);
        assertThat(browser.cookie("HOLDFAST")).isPresent().isNotEqualTo(first);
    }

    @Test
    void the_session_cookie_is_kept_from_scripts_and_other_sites() {
        var browser = app.browser();
        var answer = browser.signIn("ada").mustBe(200);
        var cookies = answer.response().headers().allValues("Set-Cookie");
        assertThat(cookies)
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith("HOLDFAST=")
                        .contains("HttpOnly")
                        .contains("SameSite=Lax")
                        .contains("Path=/"));
        assertThat(cookies)
                .anySatisfy(cookie -> assertThat(cookie)
                        .startsWith("XSRF-TOKEN=")
                        .doesNotContain("HttpOnly")
                        .contains("SameSite=Lax"));
    }

    @Test
    void a_wrong_password_and_an_unknown_handle_look_alike() {
        var wrong = app.browser().signIn("ada", "wrong password").mustBe(401).detail();
        var unknown = app.browser()
                .signIn("nobody-here", "wrong password")
                .mustBe(401)
                .detail();
        assertThat(wrong).isEqualTo(unknown);
        app.browser().post("/api/session", "{}").mustBe(401);
    }

    @Test
    void a_call_without_the_token_is_refused_and_told_which() {
        var browser = app.administrator();
        var body = BodyPublishers.ofString("{\"name\": \"sneaky\"}");
        var without = browser.request("/api/channels")
                .header("Content-Type", "application/json")
                .POST(body)
                .build();
        assertThat(browser.send(without).mustBe(403).detail()).contains("X-XSRF-TOKEN");
        var wrong = browser.request("/api/channels")
                .header("Content-Type", "application/json")
                .header("X-XSRF-TOKEN", UUID.randomUUID().toString())
                .POST(body)
                .build();
        assertThat(browser.send(wrong).mustBe(403).detail()).contains("X-XSRF-TOKEN");
        var signIn = app.browser()
                .request("/api/session")
                .header("Content-Type", "application/json")
                .POST(body)
                .build();
        assertThat(app.browser().send(signIn).mustBe(403).detail()).contains("X-XSRF-TOKEN");
    }

    /** As of a page that slept while somebody else signed in on its browser. */
    @Test
    void a_call_for_another_account_than_the_one_signed_in_is_refused_and_does_nothing() {
        var zoe = app.member("zoe");
        var general = zoe.channel("general");
        var ada = app.administrator().get("/api/me").json().path("id").stringValue();
        var written = "select count(*) from chat.message where content like 'of the header%'";
        assertThat(zoe.send(named(zoe, ada, "/api/channels/" + general + "/messages")
                                .POST(BodyPublishers.ofString(Browser.message(UUID.randomUUID(), "of the header")))
                                .build())
                        .mustBe(401)
                        .detail())
                .contains("X-HOLDFAST-ACCOUNT");
        assertThat(app.jdbc().sql(written).query(Long.class).single()).isZero();
        zoe.send(named(zoe, ada, "/api/channels").GET().build()).mustBe(401);
        zoe.send(named(zoe, "nobody's id", "/api/channels").GET().build()).mustBe(401);
        zoe.send(named(zoe, ada, "/api/session").DELETE().build()).mustBe(401);

        var me = zoe.get("/api/me").mustBe(200).json().path("id").stringValue();
        zoe.send(named(zoe, me, "/api/channels/" + general + "/messages")
                        .POST(BodyPublishers.ofString(Browser.message(UUID.randomUUID(), "of the header, and mine")))
                        .build())
                .mustBe(201);
        assertThat(app.jdbc().sql(written).query(Long.class).single()).isOne();
    }

    private static HttpRequest.Builder named(Browser browser, String account, String path) {
        return browser.request(path)
                .header("Content-Type", "application/json")
                .header("X-XSRF-TOKEN", browser.cookie("XSRF-TOKEN").orElseThrow())
                .header("X-HOLDFAST-ACCOUNT", account);
    }

    @Test
    void signing_out_ends_the_session() {
        var browser = app.administrator();
        browser.delete("/api/session").mustBe(204);
        browser.get("/api/me").mustBe(401);
        browser.delete("/api/session").mustBe(204);
    }

    @Test
    void a_session_is_seen_and_revoked_from_another() {
        var lost = app.member("kim");
        var here = app.browser();
        here.signIn("kim").mustBe(200);
        var sessions = here.get("/api/sessions").mustBe(200).json();
        assertThat(sessions).hasSize(2);
        for (var session : sessions) {
            assertThat(session.path("userAgent").stringValue()).contains("Java-http-client");
            if (!session.path("current").booleanValue()) {
                here.delete("/api/sessions/" + session.path("id").stringValue()).mustBe(204);
            }
        }
        lost.get("/api/me").mustBe(401);
        here.get("/api/me").mustBe(200);
        assertThat(here.get("/api/sessions").json()).hasSize(1);
    }

    @Test
    void nobody_revokes_the_session_of_another() {
        var kate = app.member("kate");
        var session = kate.get("/api/sessions").json().get(0).path("id").stringValue();
        app.administrator().delete("/api/sessions/" + session).mustBe(404);
        kate.get("/api/me").mustBe(200);
    }

    @Test
    void a_session_row_holds_the_account_and_is_not_written_by_every_call() {
        var lee = app.member("lee");
        var id = lee.get("/api/me").json().path("id").stringValue();
        var row = "select last_access_time from chat.session where principal_name = ?";
        var before = app.jdbc().sql(row).param(id).query(Long.class).single();
        lee.get("/api/channels").mustBe(200);
        assertThat(app.jdbc().sql(row).param(id).query(Long.class).single()).isEqualTo(before);
        app.jdbc()
                .sql("update chat.session set last_access_time = last_access_time - 120000 where principal_name = ?")
                .param(id)
                .update();
        lee.get("/api/channels").mustBe(200);
        assertThat(app.jdbc().sql(row).param(id).query(Long.class).single()).isGreaterThanOrEqualTo(before);
    }

    @Test
    void a_session_is_read_once_for_a_call_however_long_its_answer() {
        var ned = app.member("ned");
        var general = ned.channel("general");
        for (var message = 0; message < 3; message++)
            ned.write(general, "x".repeat(30_000)).mustBe(201);
        app.jdbc().sql("create extension if not exists pg_stat_statements").update();
        app.jdbc()
                .sql("select pg_stat_statements_reset(dbid => oid) from pg_database where datname = current_database()")
                .query()
                .listOfRows();
        for (var call = 0; call < 10; call++) {
            ned.get("/api/channels/" + general + "/messages").mustBe(200);
            ned.get("/api/channels/" + UUID.randomUUID() + "/messages").mustBe(404);
        }
        assertThat(app.jdbc()
                        .sql(
                                "select sum(calls) from pg_stat_statements join pg_database d on d.oid = dbid and datname = current_database() where query like '%FROM chat.session S%'")
                        .query(Long.class)
                        .single())
                .isEqualTo(20);
    }

    @Test
    void a_new_password_signs_out_the_others() {
        var here = app.member("max");
        var elsewhere = app.browser();
        elsewhere.signIn("max").mustBe(200);
        assertThat(here.put("/api/me/password", password("wrong", "a new password"))
                        .mustBe(403)
                        .detail())
                .contains("Nothing was changed");
        assertThat(here.put("/api/me/password", password(WebApp.PASSWORD, "short"))
                        .mustBe(422)
                        .detail())
                .contains("8");
        here.put("/api/me/password", password(WebApp.PASSWORD, "a new password"))
                .mustBe(204);
        elsewhere.get("/api/me").mustBe(401);
        here.get("/api/me").mustBe(200);
        app.browser().signIn("max").mustBe(401);
        app.browser().signIn("max", "a new password").mustBe(200);
    }

    private static String password(String current, String wanted) {
        return "{\"current\": \"%s\", \"password\": \"%s\"}".formatted(current, wanted);
    }

    @Test
    void a_profile_is_changed_by_its_owner() {
        var may = app.member("may");
        assertThat(may.patch("/api/me", "{\"displayName\": \" May Day \"}")
                        .mustBe(200)
                        .json()
                        .path("displayName")
                        .stringValue())
                .isEqualTo("May Day");
        assertThat(may.patch("/api/me", "{\"displayName\": \"\"}").mustBe(422).detail())
                .contains("visible");
        assertThat(may.patch("/api/me", "{\"displayName\": \"%s\"}".formatted("x".repeat(81)))
                        .mustBe(422)
                        .detail())
                .contains("81");
        assertThat(may.patch("/api/me", "{\"role\": \"administrator\"}")
                        .mustBe(400)
                        .detail())
                .contains("role");
    }

    @Test
    void passwords_are_kept_as_argon2id() {
        assertThat(app.jdbc()
                        .sql("select password_hash from chat.credential")
                        .query(String.class)
                        .list())
                .isNotEmpty()
                .allSatisfy(hash -> assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    @Test
    void answers_tell_browsers_to_trust_nothing_else() {
        var answer = new Browser(app.port()).get("/api/setup").mustBe(200);
        assertThat(answer.header("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'")
                        .contains("script-src 'self'")
                        .contains("frame-ancestors 'none'")
                        .contains("base-uri 'none'")
                        .doesNotContain("unsafe-inline")
                        .doesNotContain("unsafe-eval")
                        .doesNotContain("http"));
        assertThat(answer.header("X-Content-Type-Options")).hasValue("nosniff");
        assertThat(answer.header("X-Frame-Options")).hasValue("DENY");
        assertThat(answer.header("Referrer-Policy")).hasValue("no-referrer");
        assertThat(answer.header("Cross-Origin-Opener-Policy")).hasValue("same-origin");
        assertThat(answer.header("Cross-Origin-Resource-Policy")).hasValue("same-origin");
        assertThat(answer.header("Cache-Control").orElseThrow()).contains("no-store");
        assertThat(answer.header("Server")).isEmpty();
    }
}
