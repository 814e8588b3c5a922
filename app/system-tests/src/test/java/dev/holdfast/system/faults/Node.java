package dev.holdfast.system.faults;

import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.TcpProxy;
import java.net.URI;
import java.util.concurrent.locks.ReentrantLock;

/** A process of the program with a breakable way to its database and, for a web process, from its browsers. */
final class Node implements AutoCloseable {

    final HoldfastProcess process;
    final boolean web;
    private final TcpProxy database;
    private final TcpProxy browsers;
    /** Held while something is done to it, so that one fault ends before the next begins. */
    private final ReentrantLock busy = new ReentrantLock();

    Node(Installation installation, String name, String role) {
        web = !role.equals("worker");
        database = TcpProxy.to("127.0.0.1", installation.postgres.port());
        var real = installation.database;
        process = installation.process(
                name, role, new TestDatabase(real.host(), database.port(), real.name(), real.user(), real.password()));
        browsers = TcpProxy.to("127.0.0.1", process.port());
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + browsers.port());
    }

    /** @return whether it was free for a fault; then it takes its time */
    boolean during(Runnable fault) {
        if (!busy.tryLock()) return false;
        try {
            fault.run();
            return true;
        } finally {
            busy.unlock();
        }
    }

    void kill(long absentMillis) {
        if (process.alive()) process.kill();
        Installation.pause(absentMillis);
        startUntilReady();
    }

    void freeze(long millis) {
        if (!process.alive()) return;
        process.freeze();
        Installation.pause(millis);
        process.thaw();
    }

    /** @return how it exited */
    int restartGently() {
        process.terminate();
        var exit = process.awaitExit(java.time.Duration.ofSeconds(60));
        startUntilReady();
        return exit;
    }

    void blackHoleDatabase(long millis, boolean thenCut) {
        blackHole(database, millis, thenCut);
    }

    void blackHoleBrowsers(long millis, boolean thenCut) {
        blackHole(browsers, millis, thenCut);
    }

    void cutDatabase() {
        database.cut();
    }

    void cutBrowsers() {
        browsers.cut();
    }

    void refuseDatabase(long millis) {
        database.refuse();
        Installation.pause(millis);
        database.restore();
    }

    /** Whoever starts while the database is away ends at once with one line; whoever runs it starts it again. */
    void startUntilReady() {
        for (var tries = 0; !process.alive(); tries++) {
            try {
                process.start();
            } catch (IllegalStateException e) {
                process.close();
                if (tries == 10) throw e;
                Installation.pause(500);
            }
        }
    }

    @Override
    public void close() {
        process.close();
        database.close();
        browsers.close();
    }

    private static void blackHole(TcpProxy proxy, long millis, boolean thenCut) {
        proxy.blackHole();
        Installation.pause(millis);
        if (thenCut) proxy.cut();
        proxy.restore();
    }
}
