package dev.holdfast.system.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Ends each process with SIGTERM and starts it again, one after the other, each worker in the middle of long replies. */
final class RollingRestart implements FaultRun.Trouble {

    private final FaultRun run;
    private final Person asking;
    private final List<String> log = new ArrayList<>();
    private final CountDownLatch over = new CountDownLatch(1);
    final List<Integer> exits = new ArrayList<>();
    int handedBack;

    RollingRestart(FaultRun run) {
        this.run = run;
        asking = run.newcomer();
    }

    @Override
    public void run() {
        try {
            run.nodes().forEach(this::restart);
        } finally {
            over.countDown();
        }
    }

    private void restart(Node node) {
        var lengthy = node.web ? List.<UUID>of() : underWayAt(node);
        exits.add(node.restartGently());
        var given = run.installation().count(lengthy, "g.history @> '[{\"outcome\": \"handed back\"}]'");
        handedBack += given;
        log.add(node.process.name() + " ended with " + exits.getLast() + ", handed back " + given + " of "
                + lengthy.size());
    }

    /** Asks until the worker has begun to answer something that takes longer than its drain. */
    private List<UUID> underWayAt(Node node) {
        var asked = new ArrayList<UUID>();
        var held = "m.status = 'streaming' and g.worker_id in ("
                + run.installation().workerIds(node.process) + ")";
        for (var tries = 0; tries < 20 && run.installation().count(asked, held) == 0; tries++) {
            asked.add(run.installation().replyTo(asking.write(" @ada [[numbered=yes words=200 pace=20]]").id));
            run.installation()
                    .awaitAll(
                            Duration.ofSeconds(60),
                            asked.subList(tries, tries + 1),
                            "m.status in ('streaming', 'complete')");
        }
        return asked;
    }

    @Override
    public void leave() {
        try {
            if (!over.await(5, TimeUnit.MINUTES)) throw new IllegalStateException("no end of the restarts: " + log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public Collection<String> log() {
        return log;
    }
}
