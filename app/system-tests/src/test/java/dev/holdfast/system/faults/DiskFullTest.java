package dev.holdfast.system.faults;

import static dev.holdfast.system.faults.Installation.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testing.SimulatedBrowser;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The disk of the database's tables fills up while people write and replies stream. Needs the right to mount one. */
class DiskFullTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final SmallDisk disk = SmallDisk.mount(64);
    private Installation installation;

    @AfterEach
    void end() {
        if (installation != null) installation.close();
        if (disk != null) disk.close();
    }

    @Test
    void a_full_disk_is_read_on_and_after_relief_everything_goes_on_by_itself() {
        assumeTrue(disk != null, "only who may mount a small disk can fill it");
        installation = new Installation(postgres -> postgres.createIn(disk.folder("tables"), "small"));
        var web = installation.process("web", "web");
        var worker = installation.process("worker", "worker");
        Installation.startAll(web, worker);
        installation.people(1).patientAgents();
        var room = installation.channelId("room-1");
        try (var browser = installation.browser(1, web).goOnline()) {
            var acknowledged = new ArrayList<UUID>();
            acknowledged.add(browser.post(room, "before"));
            var replies = installation.askAll(6, "[[numbered=yes words=400 pace=40 kind=mixed]]");
            installation.awaitAll(SOON, replies, "m.status = 'streaming'");

            disk.fill();
            var refused = fillUp(browser, room, acknowledged);
            assertThat(refused.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(new JsonMapper().readTree(refused.body()).path("detail").asString())
                    .contains("no room");
            // longer than a lease, so that heartbeats that could not be written matter
            var until = System.nanoTime() + Installation.LEASE.multipliedBy(2).toNanos();
            while (System.nanoTime() < until) everythingCanBeRead(browser, room, acknowledged);

            disk.relieve();
            var id = UUID.randomUUID();
            await(SOON, () -> browser.post(room, id, "after").statusCode() == 201, () -> web.lastLines(20));
            acknowledged.add(id);
            installation.awaitAll(SOON, replies, "g.state = 'completed'");
            for (var reply : replies) {
                var text = installation.reply(reply).content();
                assertThat(text).isEqualTo(installation.winner(text).text());
            }
            await(
                    SOON,
                    () -> browser.messages(room).keySet().containsAll(acknowledged)
                            && browser.messages(room).keySet().containsAll(replies),
                    () -> browser.shown(room).toString());
            assertThat(installation.leftOver().values()).allMatch(count -> count.equals(0L));
        }
    }

    /** Some rows still fit into pages that the tables have. @return the first refusal */
    private static HttpResponse<String> fillUp(SimulatedBrowser browser, UUID room, ArrayList<UUID> acknowledged) {
        for (var n = 0; n < 1_000; n++) {
            var id = UUID.randomUUID();
            var answer = browser.post(
                    room,
                    id,
                    "filling " + n + " " + UUID.randomUUID().toString().repeat(20));
            if (answer.statusCode() == 503) return answer;
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
            acknowledged.add(id);
        }
        throw new AssertionError("a full disk took a thousand messages");
    }

    private static void everythingCanBeRead(SimulatedBrowser browser, UUID room, ArrayList<UUID> acknowledged) {
        for (var path : new String[] {
            "/api/me",
            "/api/channels",
            "/api/channels/" + room + "/messages?limit=50",
            "/api/channels/" + room + "/changes?after=0"
        }) {
            var answer = browser.get(path);
            assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        }
        assertThat(browser.get("/api/channels/" + room + "/changes?after=0").body())
                .contains(acknowledged.getLast().toString());
    }
}
