package dev.holdfast.operations;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.SimulatedBrowser;
import dev.holdfast.testing.TcpProxy;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A web process, worker processes, a model server: the packaged program as it is operated. */
final class Running {

    static final String PASSWORD = "correct horse battery";
    /** The lock of those who use the shared one: they freeze its workers and change what its models say. */
    static final String SHARED = "running";

    private static Running shared;

    final TestDatabase database = TestPostgres.create();
    final ModelServer models = ModelServer.start();
    /** Between the processes and their database. */
    final TcpProxy network = TcpProxy.to(database.host(), database.port());

    final HoldfastProcess web = process("ops-web", "web");
    final HoldfastProcess worker = process("ops-worker", "worker");
    final HoldfastProcess standby = process("ops-standby", "worker");
    final UUID room;

    private Running() {
        for (var process : List.of(web, worker, standby)) process.launch();
        for (var process : List.of(web, worker, standby)) process.awaitReady();
        people();
        room = jdbc().sql("select id from chat.channel where name = 'room'")
                .query(UUID.class)
                .single();
    }

    /** One for all tests that leave it as they found it. */
    static synchronized Running shared() {
        if (shared == null) shared = new Running();
        return shared;
    }

    JdbcClient jdbc() {
        return database.jdbc();
    }

    /** The administrator's browser, following the feed. */
    SimulatedBrowser browser() {
        return new SimulatedBrowser(web.uri()).signIn("mira", PASSWORD).goOnline();
    }

    List<Integer> managementPorts() {
        return List.of(web.managementPort(), worker.managementPort(), standby.managementPort());
    }

    /** @return the process that runs this reply; a worker is named after its machine and process */
    HoldfastProcess workerOf(UUID reply) {
        var name = jdbc().sql("select worker from ops.generations where reply = ?")
                .param(reply)
                .query(String.class)
                .single();
        return name.endsWith("-" + worker.pid()) ? worker : standby;
    }

    /** @return the id of the agent's reply */
    UUID ask(String person, String text) {
        var message = jdbc().sql("select chat.post('room', ?, ?)")
                .params(person, text)
                .query(UUID.class)
                .single();
        return jdbc().sql("select message_id from chat.generation where asked_by_message = ?")
                .param(message)
                .query(UUID.class)
                .single();
    }

    /** Ends every reply that has not completed, also those that failed; one that completes meanwhile has. */
    void cancelAll() {
        jdbc().sql("""
                select id from ops.cancel_all(array(
                  select id from ops.generations where state in ('queued', 'running', 'failed')))
                """).query(Long.class).list();
    }

    private HoldfastProcess process(String name, String role) {
        var proxied =
                new TestDatabase("127.0.0.1", network.port(), database.name(), database.user(), database.password());
        return new HoldfastProcess(name, role, proxied.url())
                .with(models)
                .with("HOLDFAST_LEASE", "4s")
                .with("HOLDFAST_WORKER_SLOTS", "64")
                .with("HOLDFAST_ADMIN_HANDLE", "mira")
                .with("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
                .with("HOLDFAST_LIMITS_POSTING", "100000/1m")
                .with("HOLDFAST_LIMITS_SUMMONING", "100000/1m")
                .with("HOLDFAST_LIMITS_SIGN_IN", "100000/1m");
    }

    private void people() {
        jdbc().sql("""
                with people as (
                  insert into chat.account (handle, display_name, kind)
                  values ('noor', 'Noor', 'human'), ('ada', 'Ada', 'agent'), ('bert', 'Bert', 'agent')
                  returning id, kind, handle
                ), agents as (
                  insert into chat.agent (account_id, provider, model, max_concurrency)
                  select id, 'openai', handle || '-model', 8 from people where kind = 'agent'
                ), room as (
                  insert into chat.channel (name) values ('room') returning id
                )
                insert into chat.membership (channel_id, account_id)
                select room.id, people.id from room, people
                union all
                select room.id, a.id from room, chat.account a where a.handle = 'mira'
                """).update();
    }
}
