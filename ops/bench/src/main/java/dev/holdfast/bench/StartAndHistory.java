package dev.holdfast.bench;

import dev.holdfast.bench.Server.Database;
import dev.holdfast.testing.HoldfastProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.util.FileSystemUtils;

/**
 * Goal 10: start to ready on an existing database and what an idle process holds; and whether 1,000,000 finished
 * generations and 10,000,000 messages slow what people and workers do all day. -Dmessages=n: so many messages instead,
 * a tenth of them replies. The plans go to results/10-plans.txt.
 */
final class StartAndHistory implements Benchmark {

    /** Ten messages a second: what lists the last hour lists the same with both histories. */
    private static final int LAST_HOUR = 36_000;

    private static final Map<String, String> DAILY = new LinkedHashMap<>();

    static {
        DAILY.put(
                "claim one",
                "select count(*) from chat.claim((select max(id) from chat.worker), 1, interval '10 seconds')");
        DAILY.put(
                "open a channel", "select chat.history((select id from chat.channel where name = 'room-1'), null, 50)");
        DAILY.put("changes of a channel", "select chat.changes(id, seq) from chat.channel where name = 'room-1'");
        DAILY.put("ops.queue", "select * from ops.queue");
        DAILY.put("ops.stuck", "select * from ops.stuck");
        DAILY.put("ops.throughput", "select * from ops.throughput");
        DAILY.put("ops.generations, newest 50", "select * from ops.generations order by id desc limit 50");
    }

    @Override
    public String name() {
        return "10";
    }

    @Override
    public String title() {
        return "start to ready, memory, and a long history";
    }

    @Override
    public void run(Report report) throws Exception {
        try (Database small = Server.holdfast();
                Database large = Server.holdfast()) {
            int messages = Integer.getInteger("messages", Rounds.quick() ? 100_000 : 10_000_000);
            int recent = Math.min(LAST_HOUR, messages);
            var chats = List.of(Chat.in(small, 100), Chat.in(large, 100));
            fill(chats.getFirst(), recent);
            fill(chats.getLast(), messages);
            start(report, large);
            for (var chat : chats) chat.ask((Rounds.count() + 2) * calls());
            report.remark(
                    "the long history: %,d messages, %,d finished generations; the short one its last hour alone: %,d and %,d",
                    messages, messages / 10, recent, recent / 10);
            for (var daily : DAILY.entrySet()) {
                compare(report, daily.getKey(), daily.getValue(), small, large);
                report.atMost(
                        1.1,
                        daily.getKey() + ", long history over short",
                        report.ratio("long history, " + daily.getKey(), "short history, " + daily.getKey(), TIME));
            }
            if (Rounds.kept()) plans(large);
        }
    }

    private static final String TIME = "p50 ms";
    private static final String JAR = "java -jar";
    private static final String INSTALLED = "as ops/install puts it";
    private static final String READY = "start to ready s";
    private static final String RESIDENT = "idle resident MB";

    private static void start(Report report, Database database) throws Exception {
        new HoldfastProcess("first-start", "all", database.url()).java().start().close();
        var folder = Files.createTempDirectory("holdfast-installed");
        var install = new ProcessBuilder("ops/install", folder.toString()).inheritIO();
        install.environment().put("JAVA_HOME", System.getProperty("java.home"));
        if (install.start().waitFor() != 0) throw new IllegalStateException("ops/install failed");
        try {
            for (int round = 0; round < Rounds.count(); round++) {
                start(report, JAR, new HoldfastProcess("start", "all", database.url()).java());
                start(
                        report,
                        INSTALLED,
                        new HoldfastProcess("installed", "all", database.url())
                                .java()
                                .installed(folder));
            }
        } finally {
            FileSystemUtils.deleteRecursively(folder);
        }
        for (var way : List.of(JAR, INSTALLED)) {
            report.judge(Verdict.atMost(6, "start to ready on an existing database, " + way, report.of(way, READY))
                    .in("s"));
            report.judge(Verdict.atMost(250, "idle process, " + way, report.of(way, RESIDENT))
                    .in("MB"));
        }
    }

    private static void start(Report report, String way, HoldfastProcess process) throws Exception {
        try (process) {
            long began = System.nanoTime();
            process.start();
            report.add(way, READY, (System.nanoTime() - began) / 1e9);
            Thread.sleep(Rounds.seconds(5) * 1000L);
            report.add(way, RESIDENT, Streams.resident(process.pid()));
        }
    }

    /**
     * People's messages, a tenth of them answered. Of the answers one in a hundred failed, and somebody gave up those of
     * before the last hour, as ops.stuck lists for ever what nobody saw to. Without triggers and with the indexes made at the end.
     */
    private static void fill(Chat chat, int messages) throws Exception {
        try (var connection = chat.database().dataSource().getConnection()) {
            Sql.run(connection, "set session_replication_role = replica");
            Sql.run(connection, "drop index chat.message_words");
            Sql.run(connection, """
                insert into chat.message (id, channel_id, author_id, content, status, seq, position, created_at)
                select gen_random_uuid(), c.id, case when n % 10 = 0 then ada.id else mira.id end,
                  'A message of a usual length, number ' || n || ', as people write them all day.', case when n % 1010 <> 0 then 'complete' when n >= ?::integer then 'failed' else 'stopped' end,
                  n / 1000 * 10 + n % 10 + 1, n / 1000 * 10 + n % 10 + 1, now() - make_interval(secs => (?::integer - n) / 10.0)
                from generate_series(0, ?::integer - 1) n
                join (select id, row_number() over (order by id) - 1 as place from chat.channel) c on c.place = n / 10 % 100
                join chat.account mira on mira.handle = 'mira'
                join chat.account ada on ada.handle = 'ada'
                """, messages - LAST_HOUR, messages, messages);
            Sql.run(connection, "update chat.channel set seq = (?::integer / 1000 + 1) * 10", messages);
            Sql.run(connection, """
                insert into chat.generation (message_id, asked_by_message, agent_id, channel_id, person_id, state, attempt, fence, worker_id,
                  queued_at, claimed_at, first_token_at, finished_at, input_tokens, output_tokens, error, error_code)
                select m.id, m.id, m.author_id, m.channel_id, mira.id, case m.status when 'failed' then 'failed' when 'stopped' then 'cancelled' else 'completed' end, 1, 1, ?,
                  m.created_at - interval '9 seconds', m.created_at - interval '9 seconds', m.created_at - interval '8 seconds', m.created_at, 100, 100,
                  case when m.status <> 'complete' then 'the model''s server timed out' end, case when m.status <> 'complete' then 'server_error' end
                from chat.message m
                join chat.account mira on mira.handle = 'mira'
                where m.author_id <> mira.id
                """, chat.worker());
            Sql.run(
                    connection,
                    "create index message_words on chat.message using gin (to_tsvector('simple', left(content, 100000))) where deleted_at is null and status in ('complete', 'stopped', 'failed')");
        }
        chat.analyze();
    }

    /** The two take turns call by call, so that what the machine does meanwhile meets both alike. The first round is the warm-up. */
    private static void compare(Report report, String what, String sql, Database small, Database large)
            throws Exception {
        try (var shortOne = small.dataSource().getConnection();
                var longOne = large.dataSource().getConnection()) {
            for (int round = 0; round <= Rounds.count(); round++) {
                var shortTimes = new ArrayList<Double>();
                var longTimes = new ArrayList<Double>();
                for (int n = 0; n < calls(); n++) {
                    shortTimes.add(millis(shortOne, sql));
                    longTimes.add(millis(longOne, sql));
                }
                if (round == 0) continue;
                report.add("short history, " + what, TIME, Samples.median(shortTimes));
                report.add("long history, " + what, TIME, Samples.median(longTimes));
            }
        }
    }

    private static int calls() {
        return Rounds.quick() ? 10 : 100;
    }

    private static double millis(Connection connection, String sql) throws SQLException {
        long began = System.nanoTime();
        Sql.run(connection, sql);
        return (System.nanoTime() - began) / 1e6;
    }

    private static void plans(Database database) throws Exception {
        var jdbc = new JdbcTemplate(database.dataSource());
        var text = new StringBuilder(
                "What the database does with a long history: EXPLAIN (ANALYZE, BUFFERS) of what is asked all day.\n");
        for (var daily : DAILY.entrySet()) {
            text.append("\n-- ")
                    .append(daily.getKey())
                    .append('\n')
                    .append(daily.getValue())
                    .append(";\n");
            explain(jdbc, daily.getValue(), text);
        }
        // what the functions above run inside
        UUID channel = jdbc.queryForObject("select id from chat.channel where name = 'room-1'", UUID.class);
        for (String inner : List.of(
                "select * from chat.message x where x.channel_id = '" + channel + "' order by x.position desc limit 50",
                "select * from chat.message m where m.channel_id = '" + channel
                        + "' and m.seq > 1000000000 and m.seq <= 2000000000",
                "select g.id from chat.generation g where g.agent_id = (select account_id from chat.agent limit 1) and g.state = 'queued' and g.run_at <= now() order by g.priority desc, g.turn, g.id limit 1 for no key update skip locked")) {
            text.append("\n-- inside\n").append(inner).append(";\n");
            explain(jdbc, inner, text);
        }
        Path folder = Path.of(System.getProperty("results", "ops/bench/results"));
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("10-plans.txt"), text);
    }

    private static void explain(JdbcTemplate jdbc, String sql, StringBuilder text) {
        jdbc.queryForList("explain (analyze, buffers, costs off) " + sql, String.class)
                .forEach(line -> text.append("    ").append(line).append('\n'));
    }
}
