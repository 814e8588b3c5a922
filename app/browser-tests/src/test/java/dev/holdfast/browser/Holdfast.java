package dev.holdfast.browser;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.Browser;
import dev.holdfast.testing.HoldfastProcess;
import dev.holdfast.testing.ModelServer;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The packaged program with a database, a model server behind the agent @ada, and an administrator. */
final class Holdfast implements AutoCloseable {

    static final String PASSWORD = "correct horse battery";
    static final JsonMapper JSON = new JsonMapper();

    private static Holdfast shared;

    static {
        HoldfastProcess.warmUp(TestPostgres.createEmpty().url());
    }

    final TestDatabase database = TestPostgres.create();
    final ModelServer models = ModelServer.start();
    final HoldfastProcess process;
    final Browser administrator;
    private int people;

    private Holdfast(String name) {
        process = new HoldfastProcess(name, "all", database.url())
                .with(models)
                .with("HOLDFAST_ADMIN_HANDLE", "root")
                .with("HOLDFAST_ADMIN_PASSWORD", PASSWORD)
                .with("HOLDFAST_LIMITS_POSTING", "1000000/1m")
                .with("HOLDFAST_LIMITS_SUMMONING", "1000000/1m")
                .with("HOLDFAST_LIMITS_SIGN_IN", "1000000/1m")
                .with("HOLDFAST_LIMITS_JOINING", "1000000/1m")
                .start();
        administrator = new Browser(process.port());
        administrator.signIn("root", PASSWORD).mustBe(200);
        administrator.post("/api/agents", """
                {"handle": "ada", "displayName": "Ada", "provider": "openai", "model": "test-model", "systemPrompt": "", "maxConcurrency": 50}""").mustBe(201);
    }

    /** One for all tests that don't break it. */
    static synchronized Holdfast shared() {
        if (shared == null) shared = new Holdfast("browser");
        return shared;
    }

    /** One for a test that kills it. */
    static Holdfast own(String name) {
        return new Holdfast(name);
    }

    /** A public channel with these people and @ada in it. */
    String channel(Person... members) {
        return channel(List.of(members));
    }

    String channel(List<Person> members) {
        var name = "c" + UUID.randomUUID().toString().substring(0, 8);
        var channel = administrator
                .post("/api/channels", "{\"name\": \"%s\", \"private\": false}".formatted(name))
                .mustBe(201)
                .json();
        var id = channel.path("id").stringValue();
        members.forEach(each -> add(id, each.handle));
        add(id, "ada");
        return id;
    }

    void add(String channel, String handle) {
        administrator
                .post("/api/channels/" + channel + "/members", "{\"handle\": \"" + handle + "\"}")
                .mustBe(204);
    }

    /** Somebody new, in a browser of their own that talks straight to the program. */
    Person person(String displayName) {
        return person(displayName, process.port());
    }

    /** Somebody new whose browser talks to another port (a proxy, say). */
    Person person(String displayName, int port) {
        var invite = administrator
                .post("/api/invites", "{\"days\": 1, \"maxUses\": 1}")
                .mustBe(201)
                .json();
        var handle = displayName.toLowerCase() + ++people;
        var account = new Browser(process.port());
        account.post(
                        "/api/accounts",
                        JSON.createObjectNode()
                                .put("invite", invite.path("code").stringValue())
                                .put("handle", handle)
                                .put("displayName", displayName)
                                .put("password", PASSWORD)
                                .toString())
                .mustBe(201);
        return new Person(this, handle, account, port);
    }

    /** So many messages of root's, "message 1" and on, as a bulk of rows, as any SQL writer may make them. */
    void fill(String channel, int count) {
        jdbc().sql("""
                        insert into chat.message (id, channel_id, author_id, content)
                        select gen_random_uuid(), :channel::uuid, (select id from chat.account where handle = 'root'), 'message ' || n
                        from generate_series(1, :count) n
                        """).param("channel", channel).param("count", count).update();
    }

    /** The same up to this number, without what happens at an insert, which takes its time for so many: nobody is told, so members come after. */
    void fillAtOnce(String channel, int count) {
        jdbc().sql("""
                        do $$
                        begin
                          set local session_replication_role = replica;
                          insert into chat.message (channel_id, author_id, content, seq, position)
                          select '%1$s', (select id from chat.account where handle = 'root'), 'message ' || n, n, n
                          from generate_series((select seq from chat.channel where id = '%1$s') + 1, %2$d) n;
                          update chat.channel set seq = %2$d where id = '%1$s';
                        end $$
                        """.formatted(channel, count)).update();
    }

    JdbcClient jdbc() {
        return database.jdbc();
    }

    /** A channel's messages as the contract shows them, in their order. */
    List<JsonNode> messages(String channel) {
        return jdbc().sql("""
                        select chat.message_json(m)::text
                        from chat.message m
                        where m.channel_id = :channel::uuid
                        order by m.position
                        """).param("channel", channel).query(String.class).list().stream()
                .map(JSON::readTree)
                .toList();
    }

    @Override
    public void close() {
        process.close();
        models.close();
    }
}
