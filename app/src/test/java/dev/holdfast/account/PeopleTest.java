package dev.holdfast.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeopleTest {

    private static WebApp app;
    private static Browser ada;
    private static Browser bob;

    @BeforeAll
    static void start() {
        app = WebApp.start("holdfast.limits.joining=1000/1m");
        ada = app.administrator();
        bob = app.member("bob");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void an_invitation_lets_in_as_many_as_it_says_however_they_hurry() throws Exception {
        var invite = ada.post("/api/invites", "{\"maxUses\": 2}").mustBe(201).json();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var joins = IntStream.range(0, 5)
                    .<Callable<Integer>>mapToObj(i -> () -> Browser.untilTaken(() ->
                                    join(app.browser(), invite.path("code").stringValue(), "crowd" + i))
                            .status())
                    .toList();
            var answers = new ArrayList<Integer>();
            for (var answer : threads.invokeAll(joins)) {
                answers.add(answer.get());
            }
            assertThat(answers).containsOnly(201, 409);
            assertThat(answers.stream().filter(status -> status == 201)).hasSize(2);
        }
        assertThat(join(app.browser(), invite.path("code").stringValue(), "late")
                        .mustBe(409)
                        .detail())
                .contains("used up");
    }

    @Test
    void an_invitation_is_kept_as_a_hash_of_128_bits() {
        var invite = ada.post("/api/invites", "{}").mustBe(201).json();
        var code = invite.path("code").stringValue();
        assertThat(code).matches("[A-Za-z0-9_-]{22}");
        assertThat(app.jdbc()
                        .sql(
                                "select count(*) from chat.invite where encode(code_hash, 'hex') = encode(sha256(convert_to(?, 'UTF8')), 'hex')")
                        .param(code)
                        .query(Integer.class)
                        .single())
                .isEqualTo(1);
        assertThat(ada.get("/api/invites").mustBe(200).body())
                .contains(invite.path("id").stringValue())
                .doesNotContain(code);
    }

    @Test
    void an_invitation_that_can_be_used_is_listed_however_many_have_expired_since() {
        var open = ada.post("/api/invites", "{}").mustBe(201).json().path("id").stringValue();
        app.jdbc().sql("""
                insert into chat.invite (code_hash, created_by, created_at, expires_at)
                select sha256(n::text::bytea), created_by, created_at + interval '1 s', now()
                from chat.invite, generate_series(1, 600) n where id = ?::uuid
                """).param(open).update();
        assertThat(ada.get("/api/invites").mustBe(200).body()).contains(open);
    }

    @Test
    void a_revoked_an_expired_and_an_unknown_invitation_say_so() {
        var revoked = ada.post("/api/invites", "{\"days\": 1}").json();
        ada.delete("/api/invites/" + revoked.path("id").stringValue()).mustBe(204);
        assertThat(join(app.browser(), revoked.path("code").stringValue(), "rae")
                        .mustBe(409)
                        .detail())
                .contains("revoked");
        var expired = ada.post("/api/invites", "{\"days\": 1}").json();
        app.jdbc()
                .sql("update chat.invite set expires_at = now() - interval '1 day' where id = ?::uuid")
                .param(expired.path("id").stringValue())
                .update();
        assertThat(join(app.browser(), expired.path("code").stringValue(), "rae")
                        .mustBe(409)
                        .detail())
                .contains("expired");
        assertThat(join(app.browser(), "AAAAAAAAAAAAAAAAAAAAAA", "rae")
                        .mustBe(404)
                        .detail())
                .contains("not known");
        app.browser()
                .post("/api/accounts", "{\"handle\": \"rae\", \"password\": \"%s\"}".formatted(WebApp.PASSWORD))
                .mustBe(404);
    }

    @Test
    void a_refused_joining_does_not_use_the_invitation() {
        var code = ada.post("/api/invites", "{}").json().path("code").stringValue();
        assertThat(join(app.browser(), code, "Bob Two").mustBe(422).detail()).contains("handle");
        assertThat(join(app.browser(), code, "bob").mustBe(409).detail()).contains("@bob");
        assertThat(app.browser()
                        .post(
                                "/api/accounts",
                                "{\"invite\": \"%s\", \"handle\": \"ned\", \"password\": \"short\"}".formatted(code))
                        .mustBe(422)
                        .detail())
                .contains("8 characters");
        var ned = app.browser();
        join(ned, code, "ned").mustBe(201);
        assertThat(ned.get("/api/me").mustBe(200).json().path("role").stringValue())
                .isEqualTo("member");
        ned.channel("general");
    }

    @Test
    void only_administrators_invite_and_change_people_and_agents() {
        assertThat(bob.post("/api/invites", "{}").mustBe(403).detail()).contains("@bob");
        bob.get("/api/invites").mustBe(403);
        var ada = bob.get("/api/accounts?prefix=ada").json().get(0).path("id").stringValue();
        bob.patch("/api/accounts/" + ada, "{\"role\": \"member\"}").mustBe(403);
        bob.post("/api/agents", "{\"handle\": \"own\", \"provider\": \"guide\", \"model\": \"guide\"}")
                .mustBe(403);
    }

    @Test
    void limits_of_invitations_are_told() {
        assertThat(ada.post("/api/invites", "{\"days\": 0}").mustBe(422).detail())
                .contains("days");
        assertThat(ada.post("/api/invites", "{\"maxUses\": 1001}").mustBe(422).detail())
                .contains("1000");
    }

    @Test
    void accounts_are_found_by_the_beginning_of_handle_or_name() {
        app.member("zoe-x");
        assertThat(bob.get("/api/accounts?prefix=ZO").mustBe(200).json()).hasSize(1);
        assertThat(bob.get("/api/accounts?prefix=@zoe")
                        .json()
                        .get(0)
                        .path("handle")
                        .stringValue())
                .isEqualTo("zoe-x");
        assertThat(bob.get("/api/accounts?prefix=%25").json()).isEmpty();
    }

    @Test
    void a_disabled_account_is_out_at_once() {
        var gone = app.member("gone");
        var id = gone.get("/api/me").json().path("id").stringValue();
        ada.patch("/api/accounts/" + id, "{\"disabled\": true}").mustBe(200);
        gone.get("/api/me").mustBe(401);
        app.browser().signIn("gone").mustBe(401);
        assertThat(bob.get("/api/accounts?prefix=gone").json()).isEmpty();
        ada.patch("/api/accounts/" + id, "{\"disabled\": false}").mustBe(200);
        app.browser().signIn("gone").mustBe(200);
    }

    @Test
    void a_changed_role_counts_from_the_next_call() {
        var eve = app.member("eve");
        var id = eve.get("/api/me").json().path("id").stringValue();
        eve.get("/api/invites").mustBe(403);
        ada.patch("/api/accounts/" + id, "{\"role\": \"administrator\"}").mustBe(200);
        eve.get("/api/invites").mustBe(200);
        ada.patch("/api/accounts/" + id, "{\"role\": \"operator\"}").mustBe(200);
        eve.get("/api/invites").mustBe(403);
        assertThat(ada.patch("/api/accounts/" + id, "{\"role\": \"king\"}")
                        .mustBe(422)
                        .detail())
                .contains("king");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
            half a character  | Mi\\ud800ra       | surrogate
            NUL               | Mi\\u0000ra       | NUL
            nothing to see    | \\u200b\\u00a0   | visible
            two lines         | Mira\\nAda        | line breaks
            turned            | Mira\\u202eadA    | direction
            marked as turned  | Mira\\u200f       | direction
            marked as Arabic  | Mi\\u061cra       | direction
            as another's      | Mi\\u200bra       | invisible
            blank letters     | \\u3164\\u2800   | visible
            a blank letter    | Mira\\u3164       | invisible
            a joiner of marks | Mi\\u034fra       | invisible
            joined to itself  | Mi\\u200dra       | invisible
            joined at its end | علی\\u200c        | invisible
            no emoji          | Mira\\ufe0f       | invisible
            no keycap         | Mira1\\ufe0f      | invisible
            no flag           | Mira\\udb40\\udc67 | invisible
            another glyph     | 葛\\udb40\\udd00  | invisible
            """)
    void a_display_name_that_cannot_be_read_is_refused_wherever_one_is_given(String what, String name, String named) {
        var profile = "{\"displayName\": \"%s\"}".formatted(name);
        assertThat(bob.patch("/api/me", profile).mustBe(422).detail()).as(what).contains(named);
        var agent = "{\"handle\": \"odd\", \"provider\": \"guide\", \"model\": \"guide\", \"displayName\": \"%s\"}";
        assertThat(ada.post("/api/agents", agent.formatted(name)).mustBe(422).detail())
                .contains(named);
        var code = ada.post("/api/invites", "{}").json().path("code").stringValue();
        var joining = "{\"invite\": \"%s\", \"handle\": \"odd\", \"displayName\": \"%s\", \"password\": \"%s\"}";
        app.browser()
                .post("/api/accounts", joining.formatted(code, name, WebApp.PASSWORD))
                .mustBe(422);
    }

    @Test
    void a_display_name_has_80_characters_of_any_script() {
        bob.patch("/api/me", "{\"displayName\": \"%s\"}".formatted("😀".repeat(80)))
                .mustBe(200);
        bob.patch("/api/me", "{\"displayName\": \"%s\"}".formatted("😀".repeat(81)))
                .mustBe(422);
        bob.patch("/api/me", "{\"displayName\": \" عبد الله \"}").mustBe(200);
        bob.patch("/api/me", "{\"displayName\": \"علی\\u200cرضا 👩\\u200d🚀\"}").mustBe(200);
        for (var needed : List.of(
                "❤\\ufe0f\\u200d🔥 1\\ufe0f\\u20e3",
                "🏳\\ufe0f\\u200d🌈 क्\\u200dष",
                "🏴\\udb40\\udc67\\udb40\\udc62\\udb40\\udc77\\udb40\\udc6c\\udb40\\udc73\\udb40\\udc7f")) {
            bob.patch("/api/me", "{\"displayName\": \"%s\"}".formatted(needed)).mustBe(200);
        }
    }

    @Test
    void there_is_always_an_administrator() {
        var id = ada.get("/api/me").json().path("id").stringValue();
        assertThat(ada.patch("/api/accounts/" + id, "{\"role\": \"member\"}")
                        .mustBe(409)
                        .detail())
                .contains("@ada");
        assertThat(ada.patch("/api/accounts/" + id, "{\"disabled\": true}")
                        .mustBe(409)
                        .detail())
                .contains("last administrator");
        ada.get("/api/invites").mustBe(200);
    }

    private static Browser.Answer join(Browser browser, String code, String handle) {
        return browser.post(
                "/api/accounts",
                "{\"invite\": \"%s\", \"handle\": \"%s\", \"password\": \"%s\"}"
                        .formatted(code, handle, WebApp.PASSWORD));
    }
}
