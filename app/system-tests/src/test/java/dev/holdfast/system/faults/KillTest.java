package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.Served;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** kill -9 of a worker in the middle of its replies, so often as -Dkills says; -Dkills=100 is the full one. */
class KillTest {

    private static final int REPLIES_PER_KILL = 10;
    private static final double REACTION = 2;

    private final int kills = Integer.getInteger("kills", 2);
    private final Installation installation = new Installation();
    private final List<HoldfastProcess> workers = new ArrayList<>();
    private final List<Double> restarts = new ArrayList<>();
    private final List<Double> firstWords = new ArrayList<>();

    @BeforeEach
    void start() {
        workers.add(installation.process("worker-a", "worker"));
        workers.add(installation.process("worker-b", "worker"));
        // the first account and its password hash are a web process's work
        var web = installation.process("web", "web");
        Installation.startAll(web, workers.get(0), workers.get(1));
        installation.people(1).patientAgents();
        web.terminate();
    }

    @AfterEach
    void end() {
        installation.close();
    }

    @Test
    void every_reply_of_a_killed_worker_is_started_again_in_time_and_ends_once() {
        for (var kill = 1; kill <= kills; kill++) {
            var replies = installation.askAll(
                    REPLIES_PER_KILL, "[[numbered=yes words=120 pace=15 kind=mixed seed=" + kill + "]]");
            installation.awaitAll(Duration.ofSeconds(30), replies, "m.status in ('streaming', 'complete')");
            killWhoHoldsMost(replies);
            installation.awaitAll(Duration.ofSeconds(60), replies, "g.state in ('completed', 'failed', 'cancelled')");
            replies.forEach(this::endedOnceAsSaid);
        }
        restarts.sort(null);
        firstWords.sort(null);
        System.out.printf(
                "kill -9: %d kills, %d replies hit; lease %d s; claimed again after p50 %.2f s, p99 %.2f s, max %.2f s; first text p50 %.2f s, p99 %.2f s%n",
                kills,
                restarts.size(),
                Installation.LEASE.toSeconds(),
                at(restarts, 0.5),
                at(restarts, 0.99),
                restarts.getLast(),
                at(firstWords, 0.5),
                at(firstWords, 0.99));
        assertThat(restarts.size()).as("replies that a kill hit").isGreaterThanOrEqualTo(kills);
        assertThat(at(restarts, 0.99))
                .as("p99 from kill to claimed again")
                .isLessThanOrEqualTo(Installation.LEASE.toSeconds() + REACTION);
        assertThat(installation.leftOver().values()).allMatch(count -> count.equals(0L));
        assertThat(installation
                        .jdbc()
                        .sql("select count(*) from chat.message where author_id in (select account_id from chat.agent)")
                        .query(Integer.class)
                        .single())
                .as("one reply for each question")
                .isEqualTo(kills * REPLIES_PER_KILL);
    }

    private void killWhoHoldsMost(List<UUID> replies) {
        for (var worker : workers) if (!worker.alive()) worker.start();
        var victim = held(replies, workers.get(0)).size()
                        >= held(replies, workers.get(1)).size()
                ? workers.get(0)
                : workers.get(1);
        victim.awaitReady();
        var at = installation.now();
        victim.kill();
        var hit = held(replies, victim);
        victim.launch();
        installation.awaitAll(Duration.ofSeconds(60), hit, "g.attempt = 2 and g.first_token_at is not null");
        for (var reply : hit) {
            restarts.add(since(at, reply, "claimed_at"));
            firstWords.add(since(at, reply, "first_token_at"));
        }
        victim.awaitReady();
    }

    private List<UUID> held(List<UUID> replies, HoldfastProcess worker) {
        return replies.stream()
                .filter(reply -> installation.count(
                                List.of(reply),
                                "g.state = 'running' and g.worker_id in (%s)".formatted(installation.workerIds(worker)))
                        == 1)
                .toList();
    }

    private double since(double at, UUID reply, String column) {
        return installation
                        .jdbc()
                        .sql("select extract(epoch from " + column
                                + ")::float8 from chat.generation where message_id = ?")
                        .param(reply)
                        .query(Double.class)
                        .single()
                - at;
    }

    private void endedOnceAsSaid(UUID id) {
        var reply = installation.reply(id);
        assertThat(reply.state()).as(reply.toString()).isEqualTo("completed");
        var said = installation.winner(reply.content());
        assertThat(said.end()).isEqualTo(Served.End.COMPLETED);
        assertThat(reply.content()).isEqualTo(said.text());
    }

    private static double at(List<Double> sorted, double part) {
        return sorted.get((int) Math.min(sorted.size() - 1, Math.ceil(part * sorted.size()) - 1));
    }
}
