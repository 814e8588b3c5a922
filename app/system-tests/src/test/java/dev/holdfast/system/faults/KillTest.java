package dev.holdfast.system.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.Served;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * kill -9 of workers in the middle of their replies, three in turn, so often as -Dkills says; -Dkills=100 is the full one.
 * The model falls silent in the midst of each first attempt, so every kill finds its worker at work, however slow the
 * machine, and says all at once when it is asked again.
 */
@Isolated("what it measures is a time that other classes would lengthen")
class KillTest {

    private static final int WORKERS = 3;
    private static final int SLOTS = 5;
    private static final int REPLIES = 12;
    private static final double REACTION = 2;

    /** Twice the other tests': beside the browsers' tests a worker that starts was seen to keep healthy ones from their heartbeat. */
    private static final Duration LEASE = Installation.LEASE.multipliedBy(2);

    private final int kills = Integer.getInteger("kills", WORKERS);
    private final Installation installation = new Installation();
    private final List<HoldfastProcess> workers = new ArrayList<>();
    private final List<Double> restarts = new ArrayList<>();
    private final List<Double> firstWords = new ArrayList<>();
    private int killed;
    private int asked;
    private int cancelled;

    @BeforeEach
    void start() {
        for (var n = 1; n <= WORKERS; n++)
            workers.add(installation
                    .process("worker-" + n, "worker")
                    .with("HOLDFAST_WORKER_SLOTS", SLOTS + "")
                    .with("HOLDFAST_LEASE", LEASE.toSeconds() + "s"));
        // the first account and its password hash are a web process's work
        var web = installation.process("web", "web").start();
        Installation.startAll(workers.toArray(HoldfastProcess[]::new));
        // a silent attempt is there to be killed, however long the starts of those killed before take
        installation.people(1).patientAgents(Duration.ofMinutes(5));
        web.terminate();
    }

    @AfterEach
    void end() {
        installation.close();
    }

    @Test
    void every_reply_of_a_killed_worker_is_started_again_in_time_and_ends_once() {
        while (killed < kills) {
            var replies = ask();
            workers.forEach(worker -> kill(worker, replies));
            installation.awaitAll(Duration.ofSeconds(60), replies, "g.state in ('completed', 'failed', 'cancelled')");
            replies.forEach(this::endedOnceAsSaid);
        }
        restarts.sort(null);
        firstWords.sort(null);
        System.out.printf(
                "kill -9: %d kills, %d replies hit; lease %d s; claimed again after p50 %.2f s, p99 %.2f s, max %.2f s; first text p50 %.2f s, p99 %.2f s%n",
                killed,
                restarts.size(),
                LEASE.toSeconds(),
                at(restarts, 0.5),
                at(restarts, 0.99),
                restarts.getLast(),
                at(firstWords, 0.5),
                at(firstWords, 0.99));
        assertThat(restarts).as("every reply was hit once").hasSize(asked - cancelled);
        assertThat(at(restarts, 0.99))
                .as("p99 from kill to claimed again")
                .isLessThanOrEqualTo(LEASE.toSeconds() + REACTION);
        assertThat(installation.leftOver().values()).allMatch(count -> count.equals(0L));
        assertThat(installation
                        .jdbc()
                        .sql("select count(*) from chat.message where author_id in (select account_id from chat.agent)")
                        .query(Integer.class)
                        .single())
                .as("one reply for each question")
                .isEqualTo(asked);
    }

    /**
     * More than two workers have slots for, so that each has some; then the one with the most loses what they have not, so
     * that what is hit waits for no slot.
     */
    private List<UUID> ask() {
        var replies = new ArrayList<UUID>();
        for (var n = 0; n < REPLIES; n++)
            replies.add(installation.ask(
                    Installation.AGENTS.get(n % 3),
                    "[[numbered=yes words=60 kind=mixed fault=stall after=15 times=1 seed=%d]]".formatted(++asked)));
        installation.awaitAll(Duration.ofSeconds(30), replies, "m.status = 'streaming'");
        var most = workers.stream()
                .map(worker -> held(replies, worker))
                .max(Comparator.comparing(List::size))
                .orElseThrow();
        var tooMany = most.subList(0, REPLIES - (WORKERS - 1) * SLOTS);
        tooMany.forEach(reply -> installation
                .jdbc()
                .sql("select outcome from chat.generation g, ops.cancel(g.id) where g.message_id = ?")
                .param(reply)
                .query(String.class)
                .single());
        replies.removeAll(tooMany);
        cancelled += tooMany.size();
        return replies;
    }

    private void kill(HoldfastProcess victim, List<UUID> replies) {
        var at = installation.now();
        victim.kill();
        var hit = held(replies, victim);
        assertThat(hit).as("replies of " + victim.name() + " in their midst").isNotEmpty();
        killed++;
        victim.launch();
        // to the end, or the next kill could hit the second attempt
        installation.awaitAll(Duration.ofSeconds(60), hit, "g.attempt = 2 and g.state = 'completed'");
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
