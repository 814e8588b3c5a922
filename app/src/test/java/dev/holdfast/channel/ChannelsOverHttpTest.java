package dev.holdfast.channel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ChannelsOverHttpTest {

    private static WebApp app;
    private static Browser ada;
    private static Browser bob;

    @BeforeAll
    static void start() {
        app = WebApp.start();
        ada = app.administrator();
        bob = app.member("bob");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @Test
    void my_channels_tell_seq_and_what_is_unread() {
        var channel = ada.makeChannel("unread", false);
        bob.post(members(channel), "{\"handle\": \"bob\"}").mustBe(204);
        var first = ada.write(channel, "one").mustBe(201).json();
        ada.write(channel, "two").mustBe(201);
        bob.write(channel, "my own").mustBe(201);
        assertThat(mine(bob, channel).path("unread").intValue()).isEqualTo(2);
        assertThat(mine(bob, channel).path("seq").longValue()).isEqualTo(3);
        bob.put(
                        "/api/channels/" + channel + "/read",
                        "{\"seq\": %d}".formatted(first.path("seq").longValue()))
                .mustBe(204);
        assertThat(mine(bob, channel).path("unread").intValue()).isEqualTo(1);
        bob.put("/api/channels/" + channel + "/read", "{\"seq\": 99}").mustBe(204);
        bob.put("/api/channels/" + channel + "/read", "{\"seq\": 1}").mustBe(204);
        assertThat(mine(bob, channel).path("lastReadSeq").longValue()).isEqualTo(3);
        assertThat(mine(bob, channel).path("unread").intValue()).isZero();
        assertThat(bob.put("/api/channels/" + channel + "/read", "{}")
                        .mustBe(422)
                        .detail())
                .contains("seq");
    }

    @Test
    void two_ways_to_write_a_letter_are_one_name() {
        ada.post("/api/channels", "{\"name\": \"cafe\\u0301\"}").mustBe(201);
        ada.post("/api/channels", "{\"name\": \"caf\\u00e9\"}").mustBe(409);
    }

    @Test
    void a_name_is_taken_once_whoever_hurries() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Integer> make =
                    () -> ada.post("/api/channels", "{\"name\": \"raced\"}").status();
            var answers = new ArrayList<Integer>();
            for (var answer :
                    threads.invokeAll(IntStream.range(0, 5).mapToObj(i -> make).toList())) {
                answers.add(answer.get());
            }
            assertThat(answers).containsOnly(201, 409).containsOnlyOnce(201);
        }
        assertThat(bob.post("/api/channels", "{\"name\": \"raced\", \"private\": true}")
                        .mustBe(409)
                        .detail())
                .contains("#raced");
    }

    @Test
    void names_follow_the_rules_of_slack_in_any_script() {
        ada.makeChannel("日本語-ελληνικά_1", true);
        assertThat(ada.post("/api/channels", "{\"name\": \"Release Plans!\"}")
                        .mustBe(422)
                        .detail())
                .contains("release-plans");
        assertThat(ada.post("/api/channels", "{\"name\": \"\"}").mustBe(422).detail())
                .contains("name");
        assertThat(ada.post("/api/channels", "{\"private\": true}").mustBe(422).detail())
                .contains("name");
        assertThat(ada.post("/api/channels", "{\"name\": \"%s\"}".formatted("x".repeat(81)))
                        .mustBe(422)
                        .detail())
                .contains("80")
                .contains("81");
        assertThat(ada.post("/api/channels", "{\"name\": \"a\", \"private\": \"yes\"}")
                        .mustBe(400)
                        .detail())
                .contains("private");
    }

    @Test
    void a_public_channel_is_listed_joined_and_left() {
        var channel = ada.makeChannel("open-house", false);
        ada.makeChannel("closed-house", true);
        var listed = bob.get("/api/channels/public").mustBe(200);
        assertThat(listed.body()).contains("open-house").doesNotContain("closed-house");
        assertThat(bob.get("/api/channels/public?part=N-HoU").mustBe(200).json())
                .singleElement()
                .satisfies(found -> assertThat(found.path("name").stringValue()).isEqualTo("open-house"));
        assertThat(bob.get("/api/channels/public?part=%25").mustBe(200).json()).isEmpty();
        bob.get("/api/channels/" + channel + "/messages").mustBe(404);
        bob.post(members(channel), "{\"handle\": \"bob\"}").mustBe(204);
        bob.post(members(channel), "{\"handle\": \"bob\"}").mustBe(204);
        bob.get("/api/channels/" + channel + "/messages").mustBe(200);
        assertThat(bob.get(members(channel)).json()).hasSize(2);
        bob.delete(members(channel) + "/bob").mustBe(204);
        bob.get("/api/channels/" + channel + "/messages").mustBe(404);
    }

    @Test
    void whoever_joins_from_two_devices_at_once_is_in() throws Exception {
        var channel = ada.makeChannel("two-doors", false);
        try (var other = app.database().dataSource().getConnection();
                var statement = other.createStatement();
                var device = Executors.newVirtualThreadPerTaskExecutor()) {
            other.setAutoCommit(false);
            statement.execute("select chat.join_channel('%s', id)::text from chat.account where handle = 'bob'"
                    .formatted(channel));
            var joined = device.submit(() -> bob.post(members(channel), "{\"handle\": \"bob\"}"));
            while (app.jdbc()
                    .sql(
                            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
                    .query()
                    .listOfRows()
                    .isEmpty()) Thread.onSpinWait();
            other.commit();
            joined.get().mustBe(204);
        }
        bob.get("/api/channels/" + channel + "/messages").mustBe(200);
    }

    @Test
    void a_private_channel_is_entered_by_being_added_alone() {
        var channel = ada.makeChannel("invited-only", true);
        bob.post(members(channel), "{\"handle\": \"bob\"}").mustBe(404);
        assertThat(ada.post(members(channel), "{\"handle\": \"nobody-here\"}")
                        .mustBe(404)
                        .detail())
                .contains("@nobody-here");
        assertThat(ada.post(members(channel), "{}").mustBe(422).detail()).contains("handle");
        ada.post(members(channel), "{\"handle\": \"@bob\"}").mustBe(204);
        bob.write(channel, "thanks").mustBe(201);
    }

    @Test
    void the_last_person_stays_in_a_private_channel_whatever_agents_are_in_it() {
        var channel = bob.makeChannel("bobs-diary", true);
        bob.post(members(channel), "{\"handle\": \"guide\"}").mustBe(204);
        assertThat(bob.delete(members(channel) + "/bob").mustBe(409).detail()).contains("Add somebody");
        bob.write(channel, "still here").mustBe(201);
        bob.post(members(channel), "{\"handle\": \"ada\"}").mustBe(204);
        bob.delete(members(channel) + "/bob").mustBe(204);
        assertThat(mine(ada, channel).path("role").stringValue()).isEqualTo("owner");
    }

    @Test
    void administrators_add_people_to_a_private_channel_that_has_nobody_left_and_to_no_other() {
        var eve = app.member("evelyn");
        var channel = eve.makeChannel("eves-diary", true);
        eve.post(members(channel), "{\"handle\": \"guide\"}").mustBe(204);
        ada.post(members(channel), "{\"handle\": \"ada\"}").mustBe(404);
        ada.post(members(channel), "{\"handle\": \"bob\"}").mustBe(404);
        for (var account : ada.get("/api/accounts?prefix=evelyn").json())
            ada.patch("/api/accounts/" + account.path("id").stringValue(), "{\"disabled\": true}")
                    .mustBe(200);

        bob.post(members(channel), "{\"handle\": \"bob\"}").mustBe(404);
        ada.post(members(channel), "{\"handle\": \"bob\"}").mustBe(204);
        assertThat(mine(bob, channel).path("role").stringValue()).isEqualTo("owner");
        ada.post(members(channel), "{\"handle\": \"ada\"}").mustBe(404);
        assertThat(app.jdbc()
                        .sql(
                                "select actor || ' ' || action || ' ' || detail from chat.audit where subject = 'channel eves-diary'")
                        .query(String.class)
                        .list())
                .containsExactly("ada add_member {\"member\": \"bob\"}");

        app.jdbc()
                .sql("delete from chat.membership where channel_id = ?::uuid")
                .param(channel)
                .update();
        ada.post(members(channel), "{\"handle\": \"ada\"}").mustBe(204);
        ada.get("/api/channels/" + channel + "/messages").mustBe(200);
    }

    @Test
    void a_removed_member_reads_and_writes_nothing_more() {
        var channel = ada.makeChannel("no-more-bob", true);
        ada.post(members(channel), "{\"handle\": \"bob\"}").mustBe(204);
        var message =
                bob.write(channel, "last words").mustBe(201).json().path("id").stringValue();
        ada.delete(members(channel) + "/bob").mustBe(204);
        bob.write(channel, "one more").mustBe(404);
        bob.get("/api/channels/" + channel + "/changes?after=0").mustBe(404);
        bob.get("/api/messages/" + message).mustBe(404);
        bob.patch("/api/messages/" + message, "{\"content\": \"changed\"}").mustBe(404);
        bob.delete("/api/messages/" + message).mustBe(404);
        assertThat(bob.get("/api/search?q=words").json()).isEmpty();
        assertThat(ada.delete(members(channel) + "/bob").mustBe(404).detail()).contains("@bob");
    }

    @Test
    void only_owners_and_administrators_remove_and_rename() {
        var cyd = app.member("cyd");
        var channel = bob.makeChannel("bobs-place", false);
        cyd.post(members(channel), "{\"handle\": \"cyd\"}").mustBe(204);
        assertThat(cyd.delete(members(channel) + "/bob").mustBe(403).detail()).contains("owner");
        assertThat(cyd.patch("/api/channels/" + channel, "{\"name\": \"cyds-place\"}")
                        .mustBe(403)
                        .detail())
                .contains("owner");
        assertThat(bob.patch("/api/channels/" + channel, "{\"name\": \"bobs-house\"}")
                        .mustBe(200)
                        .json()
                        .path("name")
                        .stringValue())
                .isEqualTo("bobs-house");
        assertThat(bob.patch("/api/channels/" + channel, "{\"name\": \"general\"}")
                        .mustBe(409)
                        .detail())
                .contains("#general");
        bob.delete(members(channel) + "/bob").mustBe(204);
        assertThat(mine(cyd, channel).path("role").stringValue())
                .as("the last owner has gone")
                .isEqualTo("owner");
    }

    @ParameterizedTest
    @ValueSource(strings = {"general\\u3164", "gen\\u034feral", "general\\ufe0f", "general\\uffa0", "\\u115f"})
    void a_channel_cannot_look_like_another_one(String name) {
        var wanted = "{\"name\": \"%s\"}".formatted(name);
        assertThat(bob.post("/api/channels", wanted).mustBe(422).detail()).contains("invisible");
        var channel = bob.makeChannel("plain-" + UUID.randomUUID(), false);
        assertThat(bob.patch("/api/channels/" + channel, wanted).mustBe(422).detail())
                .contains("invisible");
    }

    @Test
    void a_closed_account_leaves_no_channel_without_an_owner() {
        var gus = app.member("gus");
        var hal = app.member("hal");
        var channel = gus.makeChannel("gus-and-company", true);
        for (var handle : List.of("guide", "hal", "bob")) {
            gus.post(members(channel), "{\"handle\": \"%s\"}".formatted(handle)).mustBe(204);
        }
        hal.delete(members(channel) + "/bob").mustBe(403);
        var id = gus.get("/api/me").json().path("id").stringValue();
        ada.patch("/api/accounts/" + id, "{\"disabled\": true}").mustBe(200);
        assertThat(mine(hal, channel).path("role").stringValue()).isEqualTo("owner");
        assertThat(mine(bob, channel).path("role").stringValue()).isEqualTo("member");
        hal.delete(members(channel) + "/hal").mustBe(204);
        assertThat(mine(bob, channel).path("role").stringValue())
                .as("the closed account is no owner that counts")
                .isEqualTo("owner");
    }

    @Test
    void whoever_joins_meets_the_others_in_the_oldest_public_channel_whatever_it_is_called() {
        var general = ada.channel("general");
        assertThat(mine(ada, general).path("role").stringValue()).isEqualTo("owner");
        ada.makeChannel("a-newer-one", false);
        ada.patch("/api/channels/" + general, "{\"name\": \"lobby\"}").mustBe(200);
        var channels = app.member("eve").get("/api/channels").mustBe(200).json().valueStream();
        assertThat(channels.map(each -> each.path("name").stringValue() + " as "
                        + each.path("role").stringValue()))
                .containsExactly("lobby as member");
        ada.patch("/api/channels/" + general, "{\"name\": \"general\"}").mustBe(200);
    }

    @Test
    void the_same_people_have_one_direct_conversation_whoever_opens_it() throws Exception {
        app.member("dee");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<String> open = () -> bob.post("/api/channels", "{\"direct\": [\"dee\"]}")
                    .json()
                    .path("id")
                    .stringValue();
            var ids = new HashSet<String>();
            for (var id :
                    threads.invokeAll(IntStream.range(0, 5).mapToObj(i -> open).toList())) {
                ids.add(id.get());
            }
            assertThat(ids).hasSize(1);
        }
        var dee = app.browser();
        dee.signIn("dee");
        var opened =
                dee.post("/api/channels", "{\"direct\": [\"bob\"]}").mustBe(200).json();
        assertThat(opened.path("kind").stringValue()).isEqualTo("direct");
        assertThat(opened.path("members")).hasSize(2);
        var id = opened.path("id").stringValue();
        assertThat(dee.post(members(id), "{\"handle\": \"ada\"}").mustBe(409).detail())
                .contains("direct");
        assertThat(dee.delete(members(id) + "/dee").mustBe(409).detail()).contains("direct");
        dee.patch("/api/channels/" + id, "{\"name\": \"ours\"}").mustBe(403);
        ada.get("/api/channels/" + id + "/messages").mustBe(404);
    }

    @Test
    void a_direct_conversation_with_nobody_is_refused() {
        assertThat(ada.post("/api/channels", "{\"direct\": []}").mustBe(422).detail())
                .contains("handle");
        assertThat(ada.post("/api/channels", "{\"direct\": [\"nobody-here\"]}")
                        .mustBe(404)
                        .detail())
                .contains("@nobody-here");
        assertThat(ada.post("/api/channels", "{\"direct\": [\"bob\"], \"name\": \"us\"}")
                        .mustBe(422)
                        .detail())
                .contains("name");
        assertThat(ada.post("/api/channels", "{\"direct\": \"bob\"}")
                        .mustBe(400)
                        .detail())
                .contains("direct");
    }

    @Test
    void an_unknown_channel_cannot_be_joined() {
        var unknown = UUID.randomUUID();
        assertThat(ada.post(members(unknown.toString()), "{\"handle\": \"ada\"}")
                        .mustBe(404)
                        .detail())
                .contains(unknown.toString());
    }

    /** More than its feed can carry: others could take it from somebody. */
    @Test
    void a_person_is_in_a_thousand_channels_and_opens_a_thousand_conversations_at_most_and_is_told_what_to_do() {
        var max = app.member("max");
        var open = ada.makeChannel("one-too-many", false);
        app.jdbc().sql("""
                with made as (
                  insert into chat.channel (name, kind, created_by)
                  select k.kind || n, k.kind, (select id from chat.account where handle = k.by)
                  from (values ('private', 'max', 999), ('direct', 'max', 1000), ('direct', 'guide', 1000)) k(kind, by, times),
                    generate_series(1, k.times) n
                  returning id
                )
                insert into chat.membership (channel_id, account_id)
                select made.id, a.id from made, chat.account a where a.handle in ('max', 'guide')
                """).update();
        assertThat(ada.post(members(open), "{\"handle\": \"max\"}").mustBe(409).detail())
                .contains("@max is in 1000 channels")
                .contains("leave one");
        assertThat(max.post(members(open), "{\"handle\": \"max\"}").mustBe(409).detail())
                .contains("leave one");
        assertThat(max.post("/api/channels", "{\"name\": \"his-own\"}")
                        .mustBe(409)
                        .detail())
                .contains("leave one");
        ada.post(members(open), "{\"handle\": \"guide\"}").mustBe(204);
        ada.post("/api/channels", "{\"direct\": [\"max\"]}").mustBe(201);
        ada.post("/api/channels", "{\"direct\": [\"max\"]}").mustBe(200);
        assertThat(max.post("/api/channels", "{\"direct\": [\"bob\"]}")
                        .mustBe(409)
                        .detail())
                .contains("1000 direct messages")
                .contains("private channel");
        max.delete(members(max.channel("general")) + "/max").mustBe(204);
        ada.post(members(open), "{\"handle\": \"max\"}").mustBe(204);
        ada.post(members(open), "{\"handle\": \"max\"}").mustBe(204);
    }

    private static String members(String channel) {
        return "/api/channels/" + channel + "/members";
    }

    private static JsonNode mine(Browser browser, String channel) {
        for (var mine : browser.get("/api/channels").json()) {
            if (mine.path("id").stringValue().equals(channel)) {
                return mine;
            }
        }
        throw new AssertionError("Not in " + channel);
    }
}
