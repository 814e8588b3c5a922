package dev.holdfast.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two processes in one JVM, over one database. */
class LimitsTest {

    private static final String[] LIMITS = {
        "holdfast.limits.posting=5/10m",
        "holdfast.limits.summoning=3/10m",
        "holdfast.limits.joining=1000/1m",
        "holdfast.limits.making=3/10m",
        "holdfast.limits.adding=2/10m"
    };

    private static WebApp one;
    private static WebApp other;

    @BeforeAll
    static void start() {
        one = WebApp.start(LIMITS);
        other = WebApp.startOn(one.database(), LIMITS);
        one.administrator();
    }

    @AfterAll
    static void stop() {
        other.close();
        one.close();
    }

    @Test
    void ten_wrong_passwords_on_two_nodes_are_all_there_are_even_at_once() throws Exception {
        one.member("pat");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tries = IntStream.range(0, 14)
                    .<Callable<Integer>>mapToObj(i -> () -> (i % 2 == 0 ? one : other)
                            .browser()
                            .signIn("pat", "wrong " + i)
                            .status())
                    .toList();
            var answers = new ArrayList<Integer>();
            for (var answer : threads.invokeAll(tries)) {
                answers.add(answer.get());
            }
            // 503: it was one of the ten, and no core was free to look at its password
            assertThat(answers).contains(401).isSubsetOf(401, 429, 503);
            assertThat(answers.stream().filter(status -> status != 429)).hasSize(10);
        }
        var refused = other.browser().signIn("pat").mustBe(429);
        assertThat(refused.detail()).contains("@pat").contains("10 times in 3 minutes");
        assertThat(refused.header("Retry-After").map(Integer::parseInt))
                .hasValueSatisfying(seconds -> assertThat(seconds).isBetween(1, 18));
        one.browser().signIn("ada").mustBe(200);
    }

    @Test
    void a_handle_has_the_same_tries_however_it_is_typed() {
        one.member("bob");
        var spellings =
                List.of("bob", " Bob ", "@bob", "@ bob", "@  bob", "@\u2003bob", "@@bob", " @ @bob", "@BOB ", "@ Bob");
        for (var spelling : spellings) {
            one.browser().signIn(spelling, "wrong").mustBe(401);
        }
        for (var spelling : spellings) {
            assertThat(other.browser().signIn(spelling).mustBe(429).detail()).contains("@bob ");
        }
    }

    @Test
    void the_right_password_forgets_the_wrong_ones() {
        one.member("quy");
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 5; i++) {
                one.browser().signIn("quy", "wrong").mustBe(401);
            }
            other.browser().signIn("quy").mustBe(200);
        }
    }

    /** A proxy appends the address that it sees to what the browser sent, or sets it. */
    @Test
    void the_address_behind_a_proxy_is_the_one_that_the_proxy_saw_whatever_the_browser_claims() {
        one.member("vic");
        try (var proxied = WebApp.startOn(one.database(), "server.forward-headers-strategy=native")) {
            for (int i = 0; i < 10; i++) {
                wrongPassword(proxied, "10.9.8." + i + ", 203.0.113.7", "for=10.77.8." + i)
                        .mustBe(401);
            }
            wrongPassword(proxied, "10.9.8.99, 203.0.113.7", "for=10.77.8.99").mustBe(429);
            wrongPassword(proxied, "203.0.113.7", "for=10.77.8.98").mustBe(429);
            wrongPassword(proxied, "203.0.113.7, 203.0.113.8", "for=10.77.8.97").mustBe(401);
        }
    }

    @Test
    void on_a_platform_that_often_has_a_proxy_no_header_is_believed_unasked() {
        one.member("xan");
        try (var deployed = WebApp.startOn(one.database(), "spring.main.cloud-platform=kubernetes")) {
            for (int i = 0; i < 10; i++) {
                signIn(deployed, "10.9.8." + i, "xan", "wrong").mustBe(401);
            }
            signIn(deployed, "10.9.8.99", "xan", "wrong").mustBe(429);
        }
    }

    @Test
    void one_address_tries_no_password_with_handle_after_handle() {
        one.member("wil");
        try (var proxied = WebApp.startOn(
                one.database(), "server.forward-headers-strategy=native", "holdfast.limits.sign-in=2/10m")) {
            for (int round = 0; round < 3; round++) {
                signIn(proxied, "2001:db8:0:7::1", "wil", WebApp.PASSWORD).mustBe(200);
            }
            for (int i = 0; i < 20; i++) {
                signIn(proxied, "2001:db8:0:7::" + i, "handle" + i, "Summer2026!")
                        .mustBe(401);
                signIn(proxied, "2001:db8:0:8::1", "wil", WebApp.PASSWORD).mustBe(200);
            }
            var refused = signIn(proxied, "2001:db8:0:7:ffff::", "handle20", "Summer2026!")
                    .mustBe(429);
            assertThat(refused.detail()).contains("your address").contains("20 times in 10 minutes");
            assertThat(refused.header("Retry-After")).isPresent();
            for (int i = 0; i < 5; i++) {
                // the address is refused, the handle from it is not used up by that
                assertThat(signIn(proxied, "2001:db8:0:7::1", "wil", WebApp.PASSWORD)
                                .mustBe(429)
                                .detail())
                        .contains("your address");
            }
            signIn(proxied, "2001:db8:0:8::1", "handle20", "Summer2026!").mustBe(401);

            // nor with one handle from address after address
            for (int i = 0; i < 2; i++) {
                signIn(proxied, "2001:db8:0:9::" + i, "wil", "Summer2026!").mustBe(401);
            }
            assertThat(signIn(proxied, "2001:db8:0:9:ffff::", "wil", "Summer2026!")
                            .mustBe(429)
                            .detail())
                    .contains("@wil");
        }
    }

    @Test
    void an_address_is_known_however_it_is_written() {
        assertThat(Limits.network("203.0.113.7")).isEqualTo("203.0.113.7");
        assertThat(Limits.network("[2001:db8:0:7:0:0:0:1]"))
                .isEqualTo(Limits.network("2001:DB8:0:7::2"))
                .isNotEqualTo(Limits.network("2001:db8:0:8::1"));
        assertThat(Limits.network("fe80::1%eth0")).isEqualTo(Limits.network("fe80::2%eth1"));
        assertThat(Limits.network("unknown")).isEqualTo("unknown");
    }

    private static Browser.Answer wrongPassword(WebApp app, String forwardedFor, String forwarded) {
        return signIn(app, forwardedFor, forwarded, "vic", "wrong");
    }

    private static Browser.Answer signIn(WebApp app, String forwardedFor, String handle, String password) {
        return signIn(app, forwardedFor, "", handle, password);
    }

    private static Browser.Answer signIn(
            WebApp app, String forwardedFor, String forwarded, String handle, String password) {
        var browser = app.browser();
        browser.get("/api/me");
        return browser.send(browser.request("/api/session")
                .header("Content-Type", "application/json")
                .header("X-XSRF-TOKEN", browser.cookie("XSRF-TOKEN").orElseThrow())
                .header("X-Forwarded-For", forwardedFor)
                .header("Forwarded", forwarded)
                .POST(BodyPublishers.ofString("{\"handle\": \"%s\", \"password\": \"%s\"}".formatted(handle, password)))
                .build());
    }

    @Test
    void posting_is_limited_per_person_across_nodes() {
        var rob = one.member("rob");
        var general = rob.channel("general");
        var elsewhere = other.browser();
        elsewhere.signIn("rob").mustBe(200);
        for (int i = 0; i < 5; i++) {
            (i % 2 == 0 ? rob : elsewhere).write(general, "message " + i).mustBe(201);
        }
        var refused = elsewhere.write(general, "one too many").mustBe(429);
        assertThat(refused.detail()).contains("5 times in 10 minutes");
        assertThat(refused.header("Retry-After")).isPresent();
        assertThat(refused.json().path("retryAfter").intValue()).isBetween(100, 120);
        one.member("sue").write(general, "others may").mustBe(201);
    }

    @Test
    void what_is_sent_again_is_the_same_message_whatever_is_used_up() {
        var jan = one.member("jan");
        var general = "/api/channels/" + jan.channel("general") + "/messages";
        var message = Browser.message(UUID.randomUUID(), "once");
        var first = jan.post(general, message).mustBe(201);
        for (int i = 0; i < 5; i++) {
            assertThat(jan.post(general, message).mustBe(200).json()).isEqualTo(first.json());
        }
        jan.post(general, Browser.message(UUID.randomUUID(), "another")).mustBe(429);
        one.member("kai").post(general, message).mustBe(409);
    }

    @Test
    void an_edit_counts_the_agents_alone_that_it_adds() {
        var ada = one.administrator();
        for (var handle : new String[] {"flo", "gus", "hal", "ida"}) {
            ada.post(
                            "/api/agents",
                            "{\"handle\": \"%s\", \"provider\": \"guide\", \"model\": \"guide\"}".formatted(handle))
                    .mustBe(201);
        }
        var lou = one.member("lou");
        var general = "/api/channels/" + lou.channel("general") + "/messages";
        var id = UUID.randomUUID();
        lou.post(general, Browser.message(id, "@flo and @gus, plese")).mustBe(201);
        lou.post(general, Browser.message(id, "@flo and @gus, plese")).mustBe(200);
        lou.patch("/api/messages/" + id, "{\"content\": \"@flo and @gus, please\"}")
                .mustBe(200);
        lou.patch("/api/messages/" + id, "{\"content\": \"@flo, @gus and @hal, please\"}")
                .mustBe(200);
        assertThat(lou.patch("/api/messages/" + id, "{\"content\": \"@flo, @gus, @hal and @ida\"}")
                        .mustBe(429)
                        .detail())
                .contains("agents");
    }

    @Test
    void summoning_counts_every_agent_and_every_retry() {
        var ada = one.administrator();
        for (var handle : new String[] {"mo", "jo"}) {
            ada.post(
                            "/api/agents",
                            "{\"handle\": \"%s\", \"provider\": \"guide\", \"model\": \"guide\"}".formatted(handle))
                    .mustBe(201);
        }
        var tom = one.member("tom");
        var general = tom.channel("general");
        tom.write(general, "@mo and @jo, please; not `@mo` and not @nobody").mustBe(201);
        var reply = tom.get("/api/channels/" + general + "/messages")
                .json()
                .get(0)
                .path("id")
                .stringValue();
        tom.post("/api/messages/" + reply + "/stop", "{}").mustBe(200);
        tom.post("/api/messages/" + reply + "/retry", "{}").mustBe(200);
        assertThat(tom.write(general, "@mo once more").mustBe(429).detail()).contains("agents");
        tom.write(general, "no agent here").mustBe(201);
        assertThat(one.jdbc()
                        .sql("select count(*) from chat.message where content = '@mo once more'")
                        .query(Integer.class)
                        .single())
                .isZero();
    }

    @Test
    void making_channels_is_limited_per_person_and_a_conversation_that_is_there_opens_all_the_same() {
        var ben = one.member("ben");
        one.member("cal");
        one.member("deb");
        ben.post("/api/channels", "{\"name\": \"bens-first\"}").mustBe(201);
        ben.post("/api/channels", "{\"name\": \"bens-second\", \"private\": true}")
                .mustBe(201);
        var direct =
                ben.post("/api/channels", "{\"direct\": [\"cal\"]}").mustBe(201).json();
        assertThat(ben.post("/api/channels", "{\"direct\": [\"cal\"]}")
                        .mustBe(200)
                        .json())
                .isEqualTo(direct);
        for (var wanted : new String[] {"{\"name\": \"bens-third\"}", "{\"direct\": [\"cal\", \"deb\"]}"}) {
            var refused = ben.post("/api/channels", wanted).mustBe(429);
            assertThat(refused.detail()).contains("too many channels").contains("3 times in 10 minutes");
            assertThat(refused.header("Retry-After")).isPresent();
        }
        assertThat(ben.post("/api/channels", "{\"direct\": [\"cal\"]}")
                        .mustBe(200)
                        .json())
                .isEqualTo(direct);
        assertThat(one.jdbc()
                        .sql(
                                "select count(*) from chat.channel where created_by = (select id from chat.account where handle = 'ben')")
                        .query(Integer.class)
                        .single())
                .isEqualTo(3);
        var ada = one.administrator();
        for (int i = 0; i < 10; i++) {
            ada.post("/api/channels", "{\"name\": \"of-the-house-%d\"}".formatted(i))
                    .mustBe(201);
        }
    }

    @Test
    void adding_members_is_limited_per_person_but_one_joins_oneself_freely() {
        var eli = one.member("eli");
        var fay = one.member("fay");
        var channel = eli.post("/api/channels", "{\"name\": \"elis\"}")
                .mustBe(201)
                .json()
                .path("id")
                .stringValue();
        var members = "/api/channels/" + channel + "/members";
        for (int i = 0; i < 5; i++) {
            fay.post(members, "{\"handle\": \"@Fay\"}").mustBe(204);
            fay.delete(members + "/fay").mustBe(204);
        }
        eli.post(members, "{\"handle\": \"fay\"}").mustBe(204);
        eli.post(members, "{\"handle\": \"ada\"}").mustBe(204);
        assertThat(eli.post(members, "{\"handle\": \"fay\"}").mustBe(429).detail())
                .contains("2 times in 10 minutes");
    }

    @Test
    void the_database_s_clock_gives_the_allowance_back() {
        var uma = one.member("uma");
        var general = uma.channel("general");
        for (int i = 0; i < 5; i++) {
            uma.write(general, "message " + i).mustBe(201);
        }
        uma.write(general, "too early").mustBe(429);
        one.jdbc()
                .sql(
                        "update chat.allowance set spent_until = spent_until - interval '2 minutes' where key like 'post %'")
                .update();
        uma.write(general, "in time").mustBe(201);
        uma.write(general, "too early again").mustBe(429);
    }

    @Test
    void a_limit_that_makes_no_sense_is_refused_by_name() {
        assertThat(Rate.valueOf("10/3m")).hasToString("10 times in 3 minutes");
        assertThatThrownBy(() -> Rate.valueOf("ten"))
                .hasMessageContaining("ten")
                .hasMessageContaining("10/3m");
        assertThatThrownBy(() -> Rate.valueOf("0/1m")).hasMessageContaining("0/1m");
    }
}
