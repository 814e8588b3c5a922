package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A reader that follows seq misses nothing: every change takes the next one, and commits come in its order. */
class DenseSeqTest {

    private static final int WRITERS = 8;
    private static final int CHANGES = 60;

    @AutoClose
    private final Chat chat = new Chat();

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final Map<Long, UUID> seen = new HashMap<>();
    private final Map<UUID, Long> positions = new HashMap<>();

    @Test
    void parallel_writers_leave_no_hole_and_no_late_commit_hides_behind_a_cursor() throws Exception {
        System.out.println("-Dseed=" + seed);
        // keeps every change, as the change of a row alone would hide the one before
        chat.run("create table public.change (seq bigint, channel_id uuid, message_id uuid)");
        chat.run(
                "create function public.keep() returns trigger language plpgsql as 'begin insert into public.change select seq, channel_id, id from written; return null; end'");
        chat.run(
                "create trigger keep_insert after insert on chat.message referencing new table as written for each statement execute function public.keep()");
        chat.run(
                "create function public.keep_new() returns trigger language plpgsql as 'begin insert into public.change select seq, channel_id, id from written except select seq, channel_id, id from before; return null; end'");
        chat.run(
                "create trigger keep_update after update on chat.message referencing new table as written old table as before for each statement execute function public.keep_new()");
        UUID channel = chat.channelId("general");
        for (int n = 0; n < 10; n++) {
            chat.post("mira", "message " + n);
        }
        List<UUID> messages =
                chat.jdbc.sql("select id from chat.message").query(UUID.class).list();
        var writing = new AtomicBoolean(true);
        List<Callable<Void>> calls = new ArrayList<>();
        calls.add(() -> follow(channel, writing));
        calls.add(() -> {
            try {
                InParallel.all(IntStream.range(0, WRITERS)
                        .<Callable<Void>>mapToObj(writer -> () -> write(new Random(seed + writer), messages))
                        .toList());
            } finally {
                writing.set(false);
            }
            return null;
        });
        InParallel.all(calls);
        long seq = chat.one(Long.class, "select seq from chat.channel");
        assertThat(chat.jdbc
                        .sql("select seq from public.change order by seq")
                        .query(Long.class)
                        .list())
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, seq).boxed().toList());
        assertThat(chat.jdbc
                        .sql("select id, position from chat.message")
                        .query((row, n) -> Map.entry(row.getObject(1, UUID.class), row.getLong(2)))
                        .list())
                .containsExactlyInAnyOrderElementsOf(positions.entrySet());
        assertThat(seen)
                .as("changes that a cursor has not passed by")
                .containsAllEntriesOf(chat
                        .jdbc
                        .sql("select seq, id from chat.message")
                        .query((row, n) -> Map.entry(row.getLong(1), row.getObject(2, UUID.class)))
                        .stream()
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    }

    private Void write(Random random, List<UUID> messages) throws Exception {
        try (Connection connection = chat.pool().getConnection()) {
            connection.setAutoCommit(false);
            for (int n = 0; n < CHANGES; n++) {
                try (var statement = connection.prepareStatement(change(random.nextInt(6)))) {
                    statement.setObject(1, messages.get(random.nextInt(messages.size())));
                    statement.execute();
                }
                if (random.nextInt(4) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
        return null;
    }

    private static String change(int kind) {
        return switch (kind) {
            case 0 ->
                "insert into chat.message (id, channel_id, author_id, content) select ?, channel_id, author_id, 'again' from chat.message limit 1 on conflict do nothing";
            case 1 ->
                "insert into chat.message (channel_id, author_id, content) select channel_id, author_id, 'copy @ada' from chat.message where id = ?";
            case 2 -> "select chat.edit_message(id, author_id, 'edited ' || random()) from chat.message where id = ?";
            case 3 ->
                "select chat.post(c.name, 'tom', 'new ' || m.seq) from chat.message m join chat.channel c on c.id = m.channel_id where m.id = ?";
            case 4 -> "select chat.edit_message(id, author_id, 'the same') from chat.message where id = ?";
            default ->
                "select chat.cancel(g.id) from chat.generation g where g.state = 'queued' and g.message_id > ? limit 1";
        };
    }

    /** Reads as a relay does, from a cursor; whatever commits must lie after every cursor that was handed out. */
    private Void follow(UUID channel, AtomicBoolean writing) {
        long cursor = 0;
        while (true) {
            boolean last = !writing.get();
            long from = cursor;
            record Row(UUID id, long seq, long position, long head) {}
            List<Row> rows = chat.jdbc
                    .sql(
                            "select m.id, m.seq, m.position, c.seq as head from chat.channel c join chat.message m on m.channel_id = c.id where c.id = ? and m.seq > ? order by m.seq")
                    .params(channel, from)
                    .query(Row.class)
                    .list();
            for (Row row : rows) {
                seen.put(row.seq(), row.id());
                assertThat(positions.computeIfAbsent(row.id(), id -> row.position()))
                        .isEqualTo(row.position());
                cursor = row.head();
            }
            if (last) {
                return null;
            }
        }
    }
}
