package dev.holdfast.system.faults;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Served;
import dev.holdfast.testing.SimulatedBrowser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * One PostgreSQL, one model server, and processes of the packaged program between them. People are person-1, person-2
 * and so on, all with one password; agents are ada (OpenAI's protocol), bert (Anthropic's) and cleo (Ollama's).
 */
final class Installation implements AutoCloseable {

    static final String PASSWORD = "correct horse battery";
    static final Duration LEASE = Duration.ofSeconds(3);
    static final List<String> AGENTS = List.of("ada", "bert", "cleo");

    final CrashingPostgres postgres = CrashingPostgres.start();
    final ModelServer models = ModelServer.start();
    final TestDatabase database;
    private final HikariDataSource pool;
    private final List<HoldfastProcess> processes = new CopyOnWriteArrayList<>();

    Installation() {
        this(postgres -> postgres.create("holdfast"));
    }

    /** @param made the database on its server */
    Installation(Function<CrashingPostgres, TestDatabase> made) {
        database = made.apply(warm(postgres));
        pool = pool(database);
    }

    JdbcClient jdbc() {
        return JdbcClient.create(pool);
    }

    /** Not started yet. */
    HoldfastProcess process(String name, String role) {
        return process(name, role, database);
    }

    /** @param reached the database as this process reaches it, perhaps through a proxy */
    HoldfastProcess process(String name, String role, TestDatabase reached) {
        var process = new HoldfastProcess(name, role, reached.url())
                .with(models)
                .with("HOLDFAST_LEASE", LEASE.toSeconds() + "s")
                .with("HOLDFAST_ADMIN_HANDLE", "root")
                .with("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
                .with("HOLDFAST_LIMITS_SIGN_IN", "100000/1m")
                .with("HOLDFAST_LIMITS_POSTING", "100000/1m")
                .with("HOLDFAST_LIMITS_SUMMONING", "100000/1m");
        processes.add(process);
        return process;
    }

    static void startAll(HoldfastProcess... all) {
        for (var one : all) one.launch();
        for (var one : all) one.awaitReady();
    }

    /** Once a process has migrated the database: the agents, and a channel named room-1. */
    Installation people(int count) {
        jdbc().sql("""
                with made as (
                  insert into chat.account (handle, display_name, kind)
                  select handle, initcap(handle), 'agent' from unnest(array['ada', 'bert', 'cleo']) handle
                  returning id, handle
                )
                insert into chat.agent (account_id, provider, model, first_token_limit, idle_limit, total_limit)
                select id, case handle when 'ada' then 'openai' when 'bert' then 'anthropic' else 'ollama' end, handle || '-model',
                  '5 seconds', '4 seconds', '60 seconds'
                from made""").update();
        jdbc().sql("""
                with made as (
                  insert into chat.account (handle, display_name)
                  select 'person-' || n, 'Person ' || n from generate_series(1, ?) n
                  returning id
                )
                insert into chat.credential (account_id, password_hash)
                select made.id, c.password_hash from made, chat.credential c join chat.account a on a.id = c.account_id
                where a.handle = 'root'""").param(count).update();
        channel("room-1");
        return this;
    }

    /** Agents that wait for a model as long as a busy machine takes to start asking it. */
    Installation patientAgents() {
        return patientAgents(Duration.ofSeconds(30));
    }

    Installation patientAgents(Duration patience) {
        jdbc().sql(
                        "update chat.agent set (first_token_limit, idle_limit) = (select p, p from make_interval(secs => ?) p)")
                .param(patience.toSeconds())
                .update();
        return this;
    }

    /** With everybody in it. */
    UUID channel(String name) {
        var id = jdbc().sql("insert into chat.channel (name) values (?) returning id")
                .param(name)
                .query(UUID.class)
                .single();
        jdbc().sql(
                        "insert into chat.membership (channel_id, account_id) select ?, id from chat.account where kind = 'human'")
                .param(id)
                .update();
        return id;
    }

    UUID channelId(String name) {
        return jdbc().sql("select id from chat.channel where name = ?")
                .param(name)
                .query(UUID.class)
                .single();
    }

    SimulatedBrowser browser(int person, HoldfastProcess web) {
        return new SimulatedBrowser(web.uri()).signIn("person-" + person, PASSWORD);
    }

    /** Asks the agents in turn. */
    List<UUID> askAll(int count, String script) {
        var asked = new ArrayList<UUID>();
        for (var n = 0; n < count; n++) asked.add(ask(AGENTS.get(n % AGENTS.size()), script));
        return asked;
    }

    /** Posts in SQL as person-1 in room-1. @return the id of the agent's reply */
    UUID ask(String agent, String script) {
        var message = jdbc().sql("select chat.post('room-1', 'person-1', ?)")
                .param("@" + agent + " " + script)
                .query(UUID.class)
                .single();
        return replyTo(message);
    }

    /** The one reply. */
    UUID replyTo(UUID message) {
        return jdbc().sql("select message_id from chat.generation where asked_by_message = ?")
                .param(message)
                .query(UUID.class)
                .single();
    }

    /** Everything about one reply. */
    record Reply(
            UUID id,
            String status,
            String content,
            long textFence,
            String state,
            int attempt,
            long fence,
            String worker) {}

    Reply reply(UUID id) {
        return jdbc().sql("""
                select m.id, m.status, m.content, coalesce(m.text_fence, 0) as text_fence, g.state, g.attempt, g.fence,
                  coalesce(w.name, '') as worker
                from chat.message m join chat.generation g on g.message_id = m.id left join chat.worker w on w.id = g.worker_id
                where m.id = ?""").param(id).query(Reply.class).single();
    }

    /** How many of these replies meet the condition, in SQL over m (message) and g (generation). */
    int count(List<UUID> replies, String condition) {
        return jdbc().sql(
                        "select count(*) from chat.message m join chat.generation g on g.message_id = m.id where m.id = any(?::text::uuid[]) and ("
                                + condition + ")")
                .param(replies.toString().replace('[', '{').replace(']', '}'))
                .query(Integer.class)
                .single();
    }

    void awaitAll(Duration longest, List<UUID> replies, String condition) {
        await(
                longest,
                () -> count(replies, condition) == replies.size(),
                () -> count(replies, condition) + " of " + replies.size() + " replies are: " + condition + "\n"
                        + replies.stream().map(id -> reply(id).toString()).reduce("", (a, b) -> a + "\n" + b));
    }

    /** A condition that may fail while the database is away. */
    interface Condition {
        boolean met();
    }

    interface Report {
        String text();
    }

    static void await(Duration longest, Condition condition, Report report) {
        var until = System.nanoTime() + longest.toNanos();
        while (!quietly(condition)) {
            if (System.nanoTime() > until) throw new AssertionError("Not after " + longest + ": " + report.text());
            pause(20);
        }
    }

    static boolean quietly(Condition condition) {
        try {
            return condition.met();
        } catch (DataAccessException e) {
            return false;
        }
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** What the model server sent in the request that the reply's text names: "#17 ..." was said to request 17. */
    Served winner(String content) {
        var number = Integer.parseInt(content.substring(1, content.indexOf(' ')));
        return models.served().stream()
                .filter(one -> one.number == number)
                .findAny()
                .orElseThrow();
    }

    /** The ids of this process in chat.worker, for an SQL list; it has another one each time it starts. */
    String workerIds(HoldfastProcess worker) {
        return "select id from chat.worker where name like '%-" + worker.pid() + "'";
    }

    /** The seconds of the database's clock. */
    double now() {
        return jdbc().sql("select extract(epoch from clock_timestamp())::float8")
                .query(Double.class)
                .single();
    }

    Map<String, Object> leftOver() {
        return leftOver(jdbc());
    }

    /** What must be nothing once everything has ended. */
    static Map<String, Object> leftOver(JdbcClient jdbc) {
        return jdbc.sql("""
                select (select count(*) from chat.chunk) as chunks,
                  (select count(*) from chat.generation where state in ('queued', 'running')) as open""").query().singleRow();
    }

    @Override
    public void close() {
        processes.forEach(HoldfastProcess::close);
        models.close();
        pool.close();
        postgres.close();
    }

    private static CrashingPostgres warm(CrashingPostgres postgres) {
        HoldfastProcess.warmUp(postgres.create("warm_up").url());
        return postgres;
    }

    private static HikariDataSource pool(TestDatabase database) {
        var config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(6);
        config.setMinimumIdle(1);
        config.setConnectionTimeout(2_000);
        config.setValidationTimeout(1_000);
        config.setInitializationFailTimeout(-1);
        return new HikariDataSource(config);
    }
}
