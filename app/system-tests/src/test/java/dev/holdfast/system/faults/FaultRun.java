package dev.holdfast.system.faults;

import dev.holdfast.testing.HoldfastProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;

/**
 * Several processes of the packaged program and many browsers under a {@link Nemesis} for some minutes; then everything
 * is mended, what is under way ends, and a {@link Checker} looks at what is left.
 */
final class FaultRun {

    private static final Duration END = Duration.ofSeconds(120);
    private static final Duration CURRENT = Duration.ofSeconds(45);

    private final long seed;
    private final double minutes;
    private final int clients;
    private final Installation installation = new Installation();
    private final History history = new History();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Person> people = new ArrayList<>();
    private Servers servers;
    private boolean calm;

    /** @param processes half of them web processes, half workers; the first of each three is both */
    FaultRun(long seed, double minutes, int processes, int clients) {
        this.seed = seed;
        this.minutes = minutes;
        this.clients = clients;
        for (var n = 0; n < processes; n++) {
            var role = processes > 4 && n < 2 ? "all" : n % 2 == 0 ? "web" : "worker";
            nodes.add(new Node(installation, role + "-" + n, role));
        }
    }

    /** What breaks or ends things meanwhile. */
    interface Trouble extends Runnable {

        /** Returns when what is under way is over and everything runs. */
        void leave();

        Collection<String> log();
    }

    /** Models that do nothing wrong, and are waited for as long as a busy machine takes. */
    FaultRun calm() {
        calm = true;
        return this;
    }

    /** Somebody in a channel of their own, where nobody else stops a reply, who writes only when told to. */
    Person newcomer() {
        var person = person(people.size() + 1, List.of(installation.channel("aside")));
        people.add(person);
        return person;
    }

    List<Node> nodes() {
        return nodes;
    }

    Installation installation() {
        return installation;
    }

    /** What the run fails for, whatever the checker finds. */
    void violation(String what) {
        history.violation(what);
    }

    /** @return what the checker found and a summary of the run */
    Checker run(Function<FaultRun, Trouble> trouble) {
        start();
        var breaker = trouble.apply(this);
        var threads = new ArrayList<Thread>();
        people.subList(0, clients)
                .forEach(person -> threads.add(Thread.ofVirtual()
                        .uncaughtExceptionHandler((thread, e) -> history.violation("somebody gave up: " + e))
                        .start(person)));
        var breaking = Thread.ofVirtual().start(breaker);
        try {
            Installation.pause((long) (minutes * 60_000));
            breaker.leave();
            breaking.join(END);
            people.forEach(Person::leave);
            for (var thread : threads) {
                if (!thread.join(END)) history.violation("somebody never got an answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        var checker = settle();
        keep(breaker, checker);
        return checker;
    }

    private void start() {
        Installation.startAll(nodes.stream().map(node -> node.process).toArray(HoldfastProcess[]::new));
        installation.people(clients + 1);
        if (calm) installation.patientAgents();
        var channels = new ArrayList<UUID>(List.of(installation.channelId("room-1")));
        for (var n = 2; n <= Math.max(2, clients / 5); n++) channels.add(installation.channel("room-" + n));
        servers = new Servers(
                nodes.stream().filter(node -> node.web).map(Node::address).toList());
        var random = new Random(seed);
        for (var n = 1; n <= clients; n++) {
            var mine = channels.stream()
                    .filter(channel -> random.nextInt(channels.size()) < 3)
                    .toList();
            people.add(person(n, mine.isEmpty() ? channels.subList(0, 1) : mine));
        }
    }

    private Person person(int number, List<UUID> channels) {
        return new Person(number, seed, channels, servers, history, 60 * clients)
                .calm(calm)
                .signIn();
    }

    private Checker settle() {
        try {
            Installation.await(
                    END,
                    () -> installation.leftOver().get("open").equals(0L),
                    () -> installation.leftOver().toString());
        } catch (AssertionError e) {
            history.violation("after " + END + " without faults: " + e.getMessage());
        }
        var checker = new Checker(installation.jdbc(), installation.models.served(), history).check();
        for (var person : people) {
            for (var channel : person.channels()) current(checker, person, channel);
        }
        return checker;
    }

    private final long[] deadline = {0};

    private void current(Checker checker, Person person, UUID channel) {
        if (deadline[0] == 0) deadline[0] = System.nanoTime() + CURRENT.toNanos();
        while (!checker.difference(person.browser.messages(channel), channel).isEmpty()
                && System.nanoTime() < deadline[0]) {
            person.watch();
            Installation.pause(50);
        }
        checker.difference(person.browser.messages(channel), channel)
                .forEach(one ->
                        checker.diverged.add("a browser (feed " + (person.browser.connected() ? "open" : "closed")
                                + ", at seq " + person.browser.seq(channel) + ") " + one));
    }

    private void keep(Trouble trouble, Checker checker) {
        var file = Path.of("target", "fault-run-" + seed + ".log");
        var lines = new ArrayList<>(trouble.log());
        lines.add(history.counts().toString());
        lines.add(checker.summary());
        lines.addAll(checker.findings());
        try {
            Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.println("Fault run with seed " + seed + ": " + trouble.log().size() + " faults, " + history.counts()
                + "\n  " + checker.summary());
    }

    void close() {
        people.forEach(person -> person.browser.close());
        nodes.forEach(Node::close);
        installation.close();
    }
}
