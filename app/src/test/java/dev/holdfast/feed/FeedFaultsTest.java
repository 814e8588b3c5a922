package dev.holdfast.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.db.TestPostgres;
import dev.holdfast.db.TestPostgres.TestDatabase;
import dev.holdfast.testing.FeedStore;
import dev.holdfast.testing.SimulatedBrowser;
import dev.holdfast.testing.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

@Order(1)
class FeedFaultsTest {

    private static final Duration SOON = Duration.ofSeconds(30); // patience with a busy machine, no claim

    private TcpProxy proxy;
    private TestDatabase database;
    private FeedServer server;
    private UUID mira;
    private UUID channel;

    @BeforeEach
    void start() {
        database = TestPostgres.create();
        proxy = TcpProxy.to(database.host(), database.port());
        var through =
                new TestDatabase("127.0.0.1", proxy.port(), database.name(), database.user(), database.password());
        server = new FeedServer(through, database);
        mira = server.account("mira");
        channel = server.channel("room", mira);
    }

    @AfterEach
    void stop() {
        server.close();
        proxy.close();
    }

    @Test
    void nothing_is_missed_when_the_database_is_cut_off_again_and_again() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            for (var round = 0; round < 5; round++) {
                proxy.refuse();
                server.say("room", "mira", "said while cut off " + round);
                proxy.restore();
                server.say("room", "mira", "said after " + round);
                var seq = 2 * (round + 1);
                browser.await(SOON, store -> store.seq(channel) == seq);
            }
            assertThat(browser.messages(channel)).hasSize(10);
            assertThat(browser.hellos()).isEqualTo(1);
        }
    }

    @Test
    void nothing_is_missed_when_the_database_falls_silent_for_a_while() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            proxy.blackHole();
            server.say("room", "mira", "said into the silence");
            Thread.sleep(3_000);
            proxy.restore();
            browser.await(SOON, store -> store.seq(channel) == 1);
        }
    }

    @Test
    void a_restored_database_is_read_anew_though_it_has_come_past_what_browsers_hold() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            for (var n = 1; n <= 5; n++) server.say("room", "mira", "before the backup or after it " + n);
            browser.await(SOON, store -> store.seq(channel) == 5);
            // as of a reply that the backup interrupted: changed last, and again after the restore
            database.jdbc()
                    .sql("update chat.message set edited_at = now() where position = 3")
                    .update();
            browser.await(SOON, store -> store.seq(channel) == 6);
            proxy.refuse();
            database.jdbc().sql("delete from chat.message where seq in (4, 5)").update();
            database.jdbc()
                    .sql("update chat.message set seq = 3 where position = 3")
                    .update();
            database.jdbc()
                    .sql("update chat.channel set seq = 3 where id = ?")
                    .param(channel)
                    .update();
            for (var n = 1; n <= 4; n++) server.say("room", "mira", "after the restore " + n);
            database.jdbc()
                    .sql("update chat.message set edited_at = now() where position = 3")
                    .update();
            proxy.restore();
            browser.await(SOON, store -> store.seq(channel) == 8 && isRestored(store));
        }
    }

    @Test
    void a_restored_database_is_read_anew_though_no_connection_to_it_was_lost() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            for (var n = 1; n <= 5; n++) server.say("room", "mira", "before the backup or after it " + n);
            browser.await(SOON, store -> store.seq(channel) == 5);
            // as when another process was the first to find it restored
            database.jdbc().sql("""
                    do $$ begin
                      delete from chat.message where seq > 3;
                      update chat.channel set seq = 3 where name = 'room';
                      perform chat.begin_lineage(chat.lineage());
                      perform chat.post('room', 'mira', 'after the restore ' || n) from generate_series(1, 4) n;
                    end $$
                    """).update();
            browser.await(SOON, store -> store.seq(channel) == 7 && isRestored(store));
        }
    }

    private boolean isRestored(FeedStore store) {
        var messages = store.messages(channel).values();
        return messages.size() == 7
                && messages.stream()
                                .filter(one -> one.text().startsWith("after the restore"))
                                .count()
                        == 4;
    }

    @Test
    void a_new_lineage_makes_browsers_read_anew_and_an_old_one_does_not() throws Exception {
        try (var browser = server.browser(mira).goOnline()) {
            server.say("room", "mira", "hello");
            browser.await(SOON, store -> store.seq(channel) == 1);
            proxy.cut();
            await().atMost(SOON).until(() -> server.metric("holdfast.feed.resyncs") >= 2);
            assertThat(browser.hellos()).isEqualTo(1);
            database.jdbc()
                    .sql("select chat.begin_lineage(chat.lineage())")
                    .query()
                    .singleValue();
            proxy.cut();
            browser.await(
                    SOON,
                    store -> browser.hellos() == 2 && store.messages(channel).size() == 1);
        }
    }

    @Test
    void lost_notifications_are_made_up_for_within_the_poll() throws Exception {
        var elsewhere = server.channel("elsewhere", mira);
        try (var browser = server.browser(mira).goOnline()) {
            browser.await(SOON, store -> store.seq(channel) == 0);
            server.say("elsewhere", "mira", "the relay has done what it was woken for before");
            browser.await(SOON, store -> store.seq(elsewhere) == 1);
            var resyncs = server.metric("holdfast.feed.resyncs");
            database.jdbc().sql("alter table chat.message disable trigger all").update();
            unannounced();
            database.jdbc().sql("alter table chat.message enable trigger all").update();
            browser.await(
                    Duration.ofSeconds(12), store -> store.messages(channel).size() == 1);
            await().atMost(SOON).until(() -> server.metric("holdfast.feed.resyncs") > resyncs);
            server.say("room", "mira", "announced");
            browser.await(SOON, store -> store.seq(channel) == 2);
        }
    }

    @Test
    void a_read_that_nobody_announced_is_told_within_the_poll() throws Exception {
        server.say("room", "mira", "good morning");
        try (var feed = RawFeed.open(server, mira, "")) {
            feed.upTo("event: hello");
            var jdbc = database.jdbc();
            jdbc.sql("alter table chat.membership disable trigger all").update();
            jdbc.sql("select chat.mark_read(?, ?, 1)")
                    .params(channel, mira)
                    .query()
                    .listOfRows();
            jdbc.sql("alter table chat.membership enable trigger all").update();
            var lines = feed.upTo("event: heads"); // each 15 s, so that the poll of 5 s lies before the second
            lines.addAll(feed.upTo("event: heads"));
            assertThat(lines).containsOnlyOnce("event: read");
            assertThat(lines.get(lines.indexOf("event: read") + 1)).contains(channel.toString(), "\"lastReadSeq\" : 1");
        }
    }

    /** Two seconds before the poll, and three before the removed one's turn to be looked up: accounts have it by their hashes. */
    @Test
    void who_was_removed_unheard_gets_nothing_from_a_poll_either() throws Exception {
        var removed = accountOfSecond(1, 5);
        var clock = accountOfSecond(3, 15);
        for (var account : List.of(removed, clock)) server.join(channel, account);
        server.channel("elsewhere", mira, removed);
        try (var goes = RawFeed.open(server, removed, "");
                var ticks = RawFeed.open(server, clock, "")) {
            await().atMost(SOON).until(() -> server.part(Audience.class).size() == 2);
            ticks.upTo("event: heads");
            for (var table : List.of("message", "membership"))
                database.jdbc()
                        .sql("alter table chat." + table + " disable trigger all")
                        .update();
            server.leave(channel, removed);
            unannounced();
            ticks.upTo("unannounced");
            for (var table : List.of("message", "membership"))
                database.jdbc()
                        .sql("alter table chat." + table + " enable trigger all")
                        .update();
            server.say("elsewhere", "mira", "and then this");
            assertThat(goes.upTo("and then this"))
                    .contains("event: account")
                    .noneMatch(line -> line.contains("unannounced"));
        }
    }

    /** In one statement, or a poll between two would see the seq without its message. */
    private void unannounced() {
        database.jdbc().sql("""
                with counted as (update chat.channel set seq = 1 where id = ? returning id)
                insert into chat.message (channel_id, author_id, content, seq, position)
                select id, ?, 'unannounced', 1, 1 from counted""").params(channel, mira).update();
    }

    private UUID accountOfSecond(int second, int every) {
        for (var number = 0; ; number++) {
            var account = server.account("of-" + second + "-" + number);
            if (Math.floorMod(account.hashCode(), every) == second) return account;
        }
    }

    @Test
    void a_reader_that_stalls_is_let_go_at_256_kB_while_the_others_notice_nothing() throws Exception {
        var slow = server.account("slow");
        server.join(channel, slow);
        try (var healthy = server.browser(mira).goOnline();
                var stalled = RawFeed.stalled(server, slow)) {
            healthy.await(SOON, store -> store.seq(channel) == 0);
            // the answer's head comes before the feed has joined
            await().atMost(SOON).until(() -> server.part(Audience.class).size() == 2);
            var most = 0.0;
            var sent = 0;
            // what the kernels' buffers take comes first, then our own queue
            for (; dropped() == 0 && sent < 400; sent++) {
                server.say("room", "mira", "x".repeat(30_000));
                var seq = sent + 1;
                healthy.await(SOON, store -> store.seq(channel) == seq);
                most = Math.max(most, server.metric("holdfast.feed.unsent.bytes"));
            }
            assertThat(dropped()).isEqualTo(1);
            assertThat(most).isBetween(100_000.0, (double) Subscriber.MOST_UNSENT);
            assertThat(healthy.hellos()).isEqualTo(1);
            assertThat(healthy.resyncs()).isZero();
            await().atMost(SOON).until(() -> server.part(Audience.class).size() == 1);
        }
    }

    /** As many as chat.require_room lets anybody be in, each with its last message's id: more would be dropped for good. */
    @Test
    void all_channels_of_somebody_who_is_in_two_thousand_fit_into_what_may_wait_for_a_browser() throws Exception {
        database.jdbc().sql("""
                with rooms as (
                  insert into chat.channel (name) select 'room-' || n from generate_series(2, 2000) n returning id
                ), members as (
                  insert into chat.membership (channel_id, account_id) select id, ? from rooms
                )
                insert into chat.message (channel_id, author_id, content)
                select id, ?, 'hello' from rooms union all select ?::uuid, ?::uuid, 'hello'
                """).params(mira, mira, channel, mira).update();
        try (var feed = RawFeed.open(server, mira, "")) {
            for (var event : List.of("hello", "account", "heads")) {
                String line;
                do line = feed.line();
                while (!line.equals("event: " + event));
                var list = feed.line();
                assertThat(list.split("\"last\":")).as(event).hasSize(1 + 2_000);
                assertThat(list.length()).as(event).isLessThan(Subscriber.MOST_UNSENT);
                if (event.equals("hello")) rename(mira);
            }
            assertThat(dropped()).isZero();
        }
    }

    private void rename(UUID account) {
        database.jdbc()
                .sql("update chat.account set display_name = 'Somebody Else' where id = ?")
                .param(account)
                .update();
    }

    @Test
    void one_select_serves_a_wake_up_whatever_the_number_of_browsers() throws Exception {
        database.jdbc().sql("create extension pg_stat_statements").update();
        var browsers = new ArrayList<SimulatedBrowser>();
        try {
            for (var i = 0; i < 20; i++) browsers.add(server.browser(mira).goOnline());
            for (var browser : browsers) browser.await(SOON, store -> store.seq(channel) == 0);
            database.jdbc()
                    .sql(
                            "select pg_stat_statements_reset(dbid => oid) from pg_database where datname = current_database()")
                    .query()
                    .listOfRows();
            var from = System.nanoTime();
            for (var i = 1; i <= 10; i++) {
                server.say("room", "mira", "number " + i);
                var seq = i;
                for (var browser : browsers) browser.await(SOON, store -> store.seq(channel) == seq);
            }
            var polls = Duration.ofNanos(System.nanoTime() - from).toSeconds() / 5 + 1;
            var reads = database.jdbc().sql("""
                    select sum(calls) from pg_stat_statements join pg_database d on d.oid = dbid and datname = current_database() where query like '%chat.channel_changes(%' and query not like '%pg_stat%'
                    """).query(Long.class).single();
            assertThat(reads).isBetween(10L, 10 + polls);
            assertThat(server.metric("holdfast.feed.clients")).isEqualTo(20);
        } finally {
            browsers.forEach(SimulatedBrowser::close);
        }
    }

    @Test
    void a_server_that_stops_tells_its_browsers_when_to_come_back_and_ends_their_feeds() throws Exception {
        try (var raw = RawFeed.open(server, mira, "")) {
            while (!raw.line().startsWith("data:")) {
                // the hello
            }
            raw.line();
            Thread.ofVirtual().start(server::close);
            var farewell = raw.line();
            assertThat(farewell).isNotNull();
            while (farewell.startsWith("event: heads") || farewell.startsWith("data:") || farewell.isEmpty())
                farewell = raw.line();
            assertThat(farewell).startsWith("retry: ");
            raw.endsWithin(Duration.ofSeconds(1));
        }
    }

    /** Or every browser would take its feed for dead, and all come anew at once. */
    @Test
    void heads_come_in_their_time_while_the_database_is_away() {
        var browsers = new ArrayList<SimulatedBrowser>();
        try {
            for (var n = 0; n < 12; n++) {
                var account = server.account("reader-" + n);
                server.join(channel, account);
                browsers.add(server.browser(account).goOnline());
            }
            for (var browser : browsers) await().atMost(SOON).until(() -> browser.hellos() == 1);
            proxy.refuse();
            var refused = System.nanoTime();
            for (var browser : browsers)
                await().atMost(Duration.ofSeconds(25).minusNanos(System.nanoTime() - refused))
                        .until(() -> browser.silence().toNanos() < System.nanoTime() - refused);
        } finally {
            browsers.forEach(SimulatedBrowser::close);
        }
    }

    private double dropped() {
        return server.metric("holdfast.feed.dropped.clients");
    }
}
