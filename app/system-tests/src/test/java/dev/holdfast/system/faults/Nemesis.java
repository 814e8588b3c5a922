package dev.holdfast.system.faults;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.dao.DataAccessException;

/** Breaks something every few seconds; what, whom and for how long is a matter of the seed. */
final class Nemesis implements FaultRun.Trouble {

    private final Random random;
    private final FaultRun run;
    private final int pauseMillis;
    private final long began = System.nanoTime();
    private final List<Thread> underWay = new CopyOnWriteArrayList<>();
    private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    private volatile boolean going = true;

    Nemesis(long seed, FaultRun run, int pauseMillis) {
        this.random = new Random(seed);
        this.run = run;
        this.pauseMillis = pauseMillis;
    }

    @Override
    public void run() {
        while (going) {
            Installation.pause(random.nextInt(pauseMillis * 2) + 1);
            if (going) strike();
        }
    }

    @Override
    public void leave() {
        going = false;
        for (var fault : underWay) join(fault);
        run.nodes().forEach(Node::startUntilReady);
    }

    @Override
    public Collection<String> log() {
        return log;
    }

    private void strike() {
        var node = run.nodes().get(random.nextInt(run.nodes().size()));
        var millis = random.nextLong(500, 4_000);
        var long_ = Installation.LEASE.toMillis() * 3 / 2 + random.nextLong(4_000);
        var thenCut = random.nextBoolean();
        switch (random.nextInt(22)) {
            case 0, 1, 2, 3 -> on(node, "kill -9, back after " + millis + " ms", () -> node.kill(millis));
            case 4, 5 -> on(node, "freeze for " + long_ + " ms", () -> node.freeze(long_));
            case 6, 7 -> on(node, "SIGTERM and start", node::restartGently);
            case 8, 9 -> on(node, "cut from the database", node::cutDatabase);
            case 10, 11 ->
                on(
                        node,
                        "database black-holed for " + long_ + " ms" + (thenCut ? ", then cut" : ""),
                        () -> node.blackHoleDatabase(long_, thenCut));
            case 12 -> on(node, "database refused for " + millis + " ms", () -> node.refuseDatabase(millis));
            case 13, 14 -> on(node, "cut from its browsers", node::cutBrowsers);
            case 15 ->
                on(
                        node,
                        "browsers black-holed for " + long_ + " ms" + (thenCut ? ", then cut" : ""),
                        () -> node.blackHoleBrowsers(long_, thenCut));
            case 16, 17 -> everywhere("a random backend terminated", () -> terminate("order by random() limit 1"));
            case 18 -> everywhere("all backends terminated", () -> terminate(""));
            case 19 ->
                everywhere(
                        "the listeners' backends terminated",
                        () -> terminate("and application_name = 'holdfast listener'"));
            default -> everywhere("PostgreSQL crashes", run.installation().postgres::crashAndRestart);
        }
    }

    private void terminate(String whom) {
        try {
            run.installation().jdbc().sql("""
                    select pg_terminate_backend(pid) from (
                      select pid from pg_stat_activity
                      where datname = current_database() and application_name like 'holdfast%%' %s) b""".formatted(whom)).query().listOfRows();
        } catch (DataAccessException e) {
            note("    (the database was away)");
        }
    }

    private void on(Node node, String what, Runnable fault) {
        underWay.add(Thread.ofVirtual()
                .start(() -> node.during(() -> {
                    note(node.process.name() + ": " + what);
                    guarded(what, fault);
                })));
    }

    private void everywhere(String what, Runnable fault) {
        note(what);
        guarded(what, fault);
    }

    private void guarded(String what, Runnable fault) {
        try {
            fault.run();
        } catch (RuntimeException e) {
            run.violation("this fault could not be done: " + what + ": " + e);
        }
    }

    private void note(String what) {
        log.add("%6.1f s  %s".formatted((System.nanoTime() - began) / 1e9, what));
    }

    private void join(Thread fault) {
        try {
            if (!fault.join(Duration.ofMinutes(3))) run.violation("a fault did not end within three minutes");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
