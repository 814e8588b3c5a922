package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.springframework.jdbc.UncategorizedSQLException;

/** A worker process for the stress test: holds many replies, calls in batches, believes nothing but the database. */
final class BatchWorker {

    private final Chat chat;
    private final Worker worker;
    private final Random random;
    private final Map<String, LongAdder> calls;
    private final Map<UUID, Worker.Claim> held = new HashMap<>();
    private final Map<UUID, List<Integer>> starts = new HashMap<>();

    BatchWorker(Chat chat, Worker worker, Random random, Map<String, LongAdder> calls) {
        this.chat = chat;
        this.worker = worker;
        this.random = random;
        this.calls = calls;
    }

    String doesSomething() {
        return switch (held.isEmpty() ? 0 : random.nextInt(9)) {
            case 0 -> claim();
            case 1 -> reap();
            case 2 -> status("start_thinking");
            case 3 -> status("start_streaming");
            case 4, 5 -> append();
            case 6 -> complete();
            case 7 -> random.nextBoolean() ? fail() : release();
            default -> heartbeat();
        };
    }

    private String claim() {
        for (Worker.Claim claim : worker.claim(5)) {
            held.put(claim.message(), claim);
            starts.put(claim.message(), new ArrayList<>());
        }
        return "claim";
    }

    private String reap() {
        worker.reap();
        return "reap";
    }

    private String status(String function) {
        List<Worker.Claim> batch = batch();
        chat.jdbc
                .sql("select message_id from chat." + function + "(?::text::uuid[], ?::text::bigint[]) where not held")
                .params(array(batch, Worker.Claim::message), array(batch, Worker.Claim::fence))
                .query(UUID.class)
                .list()
                .forEach(this::forget);
        return function;
    }

    private String append() {
        List<Worker.Claim> batch = batch();
        Map<UUID, String> notWritten = new HashMap<>();
        chat.jdbc
                .sql(
                        "select message_id, reason from chat.append_chunks(?, ?::text::uuid[], ?::text::bigint[], ?::text::int[], ?::text::int[], ?::text::text[])")
                .params(
                        worker.id(),
                        array(batch, Worker.Claim::message),
                        array(batch, Worker.Claim::fence),
                        array(batch, this::lastStart),
                        array(batch, claim -> starts.get(claim.message()).size() * 4),
                        array(batch, claim -> "word"))
                .query(row -> {
                    notWritten.put(row.getObject(1, UUID.class), row.getString(2));
                });
        for (Worker.Claim claim : batch) {
            String reason = notWritten.get(claim.message());
            assertThat(reason).isNotEqualTo("gap");
            if (reason == null) {
                starts.get(claim.message()).add(starts.get(claim.message()).size() * 4);
            } else {
                calls.computeIfAbsent("fenced", name -> new LongAdder()).increment();
                forget(claim.message());
            }
        }
        return "append_chunks";
    }

    private String complete() {
        List<Worker.Claim> batch = batch();
        chat.jdbc
                .sql(
                        "select message_id from chat.complete(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[], ?::text::int[], ?::text::int[])")
                .params(
                        worker.id(),
                        array(batch, Worker.Claim::message),
                        array(batch, Worker.Claim::fence),
                        array(batch, claim -> "ask @bert or @ada"),
                        array(batch, claim -> 1),
                        array(batch, claim -> 1))
                .query(UUID.class)
                .list()
                .forEach(this::forget);
        return "complete";
    }

    private String fail() {
        Worker.Claim claim = any();
        try {
            worker.fail(
                    claim,
                    "cut",
                    random.nextBoolean() ? "0 seconds" : null,
                    random.nextBoolean() ? "partial" : null,
                    random.nextBoolean());
        } catch (UncategorizedSQLException refusal) {
            if (!"55P03".equals(refusal.getSQLException().getSQLState())) throw refusal;
            return "fail later";
        }
        forget(claim.message());
        return "fail";
    }

    private String release() {
        List<Worker.Claim> batch = batch();
        chat.one(
                Integer.class,
                "select chat.release(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[])",
                worker.id(),
                array(batch, Worker.Claim::message),
                array(batch, Worker.Claim::fence),
                array(batch, claim -> null));
        batch.forEach(claim -> forget(claim.message()));
        return "release";
    }

    private String heartbeat() {
        List<Worker.Claim> all = List.copyOf(held.values());
        List<Long> lost = chat.jdbc
                .sql("select generation_id from chat.heartbeat(?, ?::text::bigint[], ?::text::bigint[], '10 seconds')")
                .params(worker.id(), array(all, Worker.Claim::generation), array(all, Worker.Claim::fence))
                .query(Long.class)
                .list();
        all.stream().filter(claim -> lost.contains(claim.generation())).forEach(claim -> forget(claim.message()));
        return "heartbeat";
    }

    private Integer lastStart(Worker.Claim claim) {
        List<Integer> written = starts.get(claim.message());
        return written.isEmpty() ? null : written.getLast();
    }

    private List<Worker.Claim> batch() {
        return held.values().stream().filter(claim -> random.nextBoolean()).toList();
    }

    private Worker.Claim any() {
        return List.copyOf(held.values()).get(random.nextInt(held.size()));
    }

    private void forget(UUID message) {
        held.remove(message);
    }

    private static String array(List<Worker.Claim> claims, Function<Worker.Claim, Object> column) {
        List<Object> values = new ArrayList<>();
        claims.forEach(claim -> values.add(column.apply(claim)));
        return Chat.array(values);
    }
}
