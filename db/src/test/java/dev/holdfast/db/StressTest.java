package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.EmptyResultDataAccessException;

/** Every function at once, from many connections: no deadlock, no broken invariant, every reply ends. */
@Tag("slow")
class StressTest {

    private static final int PEOPLE = 10;
    private static final int WORKERS = 14;
    private static final List<String> CHANNELS = List.of("general", "c1", "c2");

    @AutoClose
    private final Chat chat = new Chat();

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final long end = System.nanoTime() + Long.getLong("stress.seconds", 8) * 1_000_000_000;
    private final Map<String, LongAdder> calls = new ConcurrentHashMap<>();

    @Test
    void every_function_in_parallel_deadlocks_nowhere_and_every_reply_ends() throws Exception {
        System.out.println("-Dseed=" + seed);
        CHANNELS.stream().skip(1).forEach(chat::channel);
        chat.agent("bert");
        chat.run("update chat.agent set answers_agents = true");
        chat.run("update chat.agent set max_concurrency = 20 where account_id = ?", chat.account("bert"));
        List<Callable<Void>> everybody = new ArrayList<>();
        for (int n = 0; n < PEOPLE; n++) {
            var random = new Random(seed + n);
            everybody.add(() -> repeat(() -> personDoes(random)));
        }
        for (int n = 0; n < WORKERS; n++) {
            var random = new Random(seed + 1_000 + n);
            var worker = new BatchWorker(chat, chat.worker("w" + n), random, calls);
            everybody.add(() -> repeat(worker::doesSomething));
        }
        InParallel.all(everybody);
        System.out.println("Stress: "
                + new TreeMap<>(calls.entrySet().stream()
                        .collect(Collectors.toMap(
                                Map.Entry::getKey, e -> e.getValue().sum()))));
        chat.checkInvariants();
        finishAll();
        assertThat(chat.count("chat.generation where state not in ('completed', 'failed', 'cancelled')"))
                .isZero();
        assertThat(chat.count("chat.chunk")).isZero();
    }

    private Void repeat(Callable<String> something) throws Exception {
        while (System.nanoTime() < end) {
            calls.computeIfAbsent(something.call(), name -> new LongAdder()).increment();
        }
        return null;
    }

    private String personDoes(Random random) {
        String handle = random.nextBoolean() ? "mira" : "tom";
        UUID account = chat.account(handle);
        String channel = CHANNELS.get(random.nextInt(CHANNELS.size()));
        UUID reply = anyReply(random);
        return switch (random.nextInt(10)) {
            case 0, 1, 2 -> did("post", () -> chat.postIn(channel, handle, "hello @ada @bert"));
            case 3 ->
                did(
                        "insert",
                        () -> chat.run(
                                "insert into chat.message (channel_id, author_id, content) select ?, ?, '@ada ' || n from generate_series(1, 3) n",
                                chat.channelId(channel),
                                account));
            case 4 -> did("stop", () -> chat.one(String.class, "select chat.stop(?, ?)::text", reply, account));
            case 5 ->
                did("retry", () -> chat.one(String.class, "select chat.retry(?::uuid, ?::uuid)::text", reply, account));
            case 6 ->
                did(
                        "edit",
                        () -> chat.one(
                                String.class,
                                "select chat.edit_message(id, author_id, 'edited @bert ' || random())::text from (select id, author_id from chat.message where reply_to is null offset ? limit 1) m",
                                random.nextInt(20)));
            case 7 ->
                did(
                        "delete",
                        () -> chat.one(
                                String.class,
                                "select chat.delete_message(message_id, person_id)::text from chat.generation where message_id = ?",
                                reply));
            case 8 ->
                did(
                        "read",
                        () -> chat.one(
                                String.class,
                                "select chat.changes(id, seq - 20)::text from chat.channel where name = ?",
                                channel));
            default ->
                did(
                        "expire",
                        () -> chat.run(
                                "update chat.generation set lease_until = now() - interval '1 second' where id in (select id from chat.generation where state = 'running' limit 1 for update skip locked)"));
        };
    }

    private String did(String name, Runnable what) {
        try {
            what.run();
            return name;
        } catch (EmptyResultDataAccessException nothingThere) {
            return name + " nothing";
        } catch (RuntimeException thrown) {
            String refusal = Refusals.of(() -> {
                throw thrown;
            });
            assertThat(refusal).as(name).matches("(?s)HF4\\d\\d .*");
            return name + " refused";
        }
    }

    private UUID anyReply(Random random) {
        return chat.jdbc
                .sql("select message_id from chat.generation order by id desc offset ? limit 1")
                .param(random.nextInt(30))
                .query(UUID.class)
                .optional()
                .orElse(UUID.randomUUID());
    }

    private void finishAll() {
        Worker last = chat.worker("last");
        chat.run("update chat.agent set max_concurrency = null, answers_agents = false");
        chat.run("update chat.generation set lease_until = now() - interval '1 second' where state = 'running'");
        while (!last.reap().isEmpty()) {}
        chat.run("update chat.generation set run_at = now() where state = 'queued'");
        for (List<Worker.Claim> claims = last.claim(100); !claims.isEmpty(); claims = last.claim(100)) {
            claims.forEach(claim -> assertThat(last.complete(claim, "done")).isEqualTo("held"));
        }
        assertThat(Collections.singletonList(chat.count("chat.generation where state = 'running'")))
                .containsExactly(0L);
    }
}
