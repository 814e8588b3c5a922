package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.options.AriaRole;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Year;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Where one is, what is new and what there is more of: titles, dates, the New line, the sidebar. */
@TestInstance(Lifecycle.PER_CLASS)
class OrientationTest {

    private final Holdfast holdfast = Holdfast.shared();
    private final Person mira = holdfast.person("Mira");
    private final Person ben = holdfast.person("Ben");

    @AfterAll
    void close() {
        mira.close();
        ben.close();
    }

    @Test
    void a_tab_s_title_says_which_page_it_is_and_nothing_once_the_session_is_over() {
        try (var there = mira.device()) {
            var channel = holdfast.channel(mira, ben);
            there.open(channel).live();
            assertThat(there.page.title()).startsWith("#");
            there.page.evaluate("() => holdfast.go('/search?q=bread')");
            awaitTitle(there.page, "Search · Holdfast");
            there.page.evaluate("() => holdfast.go('/people')");
            awaitTitle(there.page, "People · Holdfast");
            there.open(channel);
            there.page.waitForFunction("() => document.title.startsWith('#')");
            there.rest().delete("/api/session").mustBe(204);
            there.page.locator("hf-sign-in form").waitFor();
            assertThat(there.page.title()).isEqualTo("Holdfast");
        }
    }

    private static void awaitTitle(Page page, String title) {
        page.waitForFunction("(title) => document.title === title", title);
    }

    @Test
    void a_day_of_another_year_says_which() {
        var channel = holdfast.channel(mira);
        mira.rest().write(channel, "long ago").mustBe(201);
        mira.rest().write(channel, "today").mustBe(201);
        holdfast.jdbc()
                .sql(
                        "update chat.message set created_at = '2024-11-28T12:00Z' where channel_id = ?::uuid and content = 'long ago'")
                .param(channel)
                .update();
        mira.open(channel).live().awaitText("long ago");
        mira.page.locator(".divider.day >> text=2024").waitFor();
        assertThat(mira.page.locator(".divider.day").allTextContents())
                .noneMatch(each -> each.contains(Year.now().toString()));
    }

    @Test
    void a_search_that_finds_more_than_it_shows_says_so() {
        var channel = holdfast.channel(mira);
        var word = "w" + UUID.randomUUID().toString().substring(0, 8);
        holdfast.jdbc().sql("""
                        insert into chat.message (channel_id, author_id, content)
                        select :channel::uuid, (select id from chat.account where handle = 'root'), :word || ' ' || n
                        from generate_series(1, 50) n
                        """).param("channel", channel).param("word", word).update();
        mira.open(channel).live();
        mira.page.evaluate("(word) => holdfast.go('/search?q=' + word)", word);
        mira.page.locator(".found li").nth(49).waitFor();
        assertThat(mira.page.locator("text=More match").count()).isZero();
        mira.rest().write(channel, word + " 51").mustBe(201);
        mira.open(channel);
        mira.page.evaluate("(word) => holdfast.go('/search?q=' + word + '+')", word);
        mira.page.locator("text=More match").waitFor();
        assertThat(mira.page.locator(".found li").count()).isEqualTo(50);
    }

    @Test
    void a_reply_that_ends_while_one_is_elsewhere_is_unread_again() {
        var channel = holdfast.channel(mira);
        mira.open(channel).live().write("@ada go on [[words=60 pace=20]]");
        mira.awaitReply("streaming");
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).unread === 0", channel);
        mira.page.evaluate("() => holdfast.go('/settings')");
        mira.page
                .locator("[data-channel-id='" + channel + "'] .badge >> text=1 unread")
                .waitFor();
        assertThat(mira.unread(channel)).isOne();
        mira.open(channel);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).unread === 0", channel);
        eventually("told to the server", Duration.ofSeconds(10), () -> mira.unread(channel) == 0);
    }

    @Test
    void a_search_that_failed_is_tried_again_and_an_older_answer_that_comes_late_hides_nothing() {
        var channel = holdfast.channel(mira);
        mira.rest().write(channel, "flour and water").mustBe(201);
        mira.open(channel).live();
        mira.page.evaluate("() => holdfast.go('/search')");
        var searches = Aborted.requests(mira.page, "GET", "**/api/search?*");
        search("flour");
        mira.page.locator("hf-search .problem").waitFor();
        searches.letThrough();
        search("flour");
        mira.page.locator(".found mark >> text=flour").waitFor();
        mira.page.locator("hf-search >> text=only in the newest").waitFor();

        var held = new AtomicReference<Route>();
        mira.page.route("**/api/search?q=yeast*", held::set);
        var late = mira.page.waitForRequest("**/api/search?q=yeast*", () -> search("yeast"));
        search("water");
        mira.page.locator(".found mark >> text=water").waitFor();
        mira.page.waitForRequestFinished(
                new Page.WaitForRequestFinishedOptions().setPredicate(late::equals),
                () -> held.get().resume());
        mira.page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))");
        assertThat(mira.page.locator(".found mark").allTextContents()).containsExactly("water");
    }

    @Test
    void a_search_that_is_one_too_many_says_so_and_is_tried_again_as_it_stands() throws SQLException {
        var channel = holdfast.channel(mira);
        mira.rest().write(channel, "salt and pepper").mustBe(201);
        mira.open(channel).live();
        mira.page.evaluate("() => holdfast.go('/search')");
        try (var running = holdfast.database.dataSource().getConnection()) {
            running.setAutoCommit(false); // as two of hers that run, on whichever node
            running.createStatement().execute("""
                            select pg_advisory_xact_lock(place, hashtext(a.id::text))
                            from chat.account a, generate_series(7214, 7215) place where a.handle = '%s'
                            """.formatted(mira.handle));
            search("pepper");
            mira.page
                    .locator("hf-search .problem >> text=Two of your searches are still running")
                    .waitFor();
            running.rollback();
        }
        assertThat(mira.page.locator("hf-search input").inputValue()).isEqualTo("pepper");
        mira.page.locator("hf-search button >> text=Search").click();
        mira.page.locator(".found mark >> text=pepper").waitFor();
        assertThat(mira.page.locator("hf-search .problem").count()).isZero();
    }

    private void search(String words) {
        mira.page.locator("hf-search input").fill(words);
        mira.page.locator("hf-search button >> text=Search").click();
    }

    @Test
    void everybody_is_listed_and_whose_account_is_closed_is_offered_nowhere() {
        var beginning = "zz" + UUID.randomUUID().toString().substring(0, 6);
        holdfast.jdbc().sql("""
                        insert into chat.account (handle, display_name, disabled_at)
                        select ? || '-' || n, 'Zoe ' || n, case when n > 1 then now() end
                        from generate_series(1, 500) n
                        """).param(beginning).update();
        try (var root = new Person(holdfast, "root", holdfast.administrator, holdfast.process.port())) {
            root.open(holdfast.channel()).live();
            root.page.evaluate("() => holdfast.go('/people')");
            root.page.locator("text=There are more").waitFor();
            root.page.locator("hf-people .filter input").fill(beginning);
            var listed = root.page.locator(".people li", new Page.LocatorOptions().setHasText("@" + beginning));
            listed.nth(499).waitFor();
            assertThat(listed.locator("text=Write").count()).isOne();
            root.page
                    .getByRole(AriaRole.BUTTON, named("^Revoke Used . of 1, until .+"))
                    .first()
                    .waitFor();
            root.page.goBack();
            root.page.locator("hf-composer textarea").pressSequentially("@" + beginning);
            root.page.locator("[role=option]").first().waitFor();
            assertThat(root.page.locator("[role=option] .quiet").allTextContents())
                    .containsExactly("@" + beginning + "-1");
        }
    }

    private static Page.GetByRoleOptions named(String pattern) {
        return new Page.GetByRoleOptions().setName(Pattern.compile(pattern));
    }

    @Test
    void who_comes_back_to_a_tab_sees_where_the_new_messages_begin() {
        var channel = holdfast.channel(mira, ben);
        mira.open(channel).live();
        ben.rest().write(channel, "seen").mustBe(201);
        mira.awaitText("seen");
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).lastReadSeq === 1", channel);
        look(false);
        ben.rest().write(channel, "while you were away").mustBe(201);
        ben.rest().write(channel, "and more").mustBe(201);
        mira.awaitText("and more");
        look(true);
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).unread === 0", channel);
        assertThat(mira.page.locator(".divider.new").count()).isOne();
        assertThat(
                        (boolean)
                                mira.page.evaluate(
                                        "() => document.querySelector('.divider.new').nextElementSibling.textContent.includes('while you were away')"))
                .isTrue();
        // what comes while one looks begins no other line
        ben.rest().write(channel, "now that you are here").mustBe(201);
        mira.awaitText("now that you are here");
        mira.page.waitForFunction("(channel) => holdfast.store.channels.get(channel).lastReadSeq === 4", channel);
        assertThat(mira.page.locator(".divider.new + li").textContent()).contains("while you were away");
        look(false);
        ben.rest().write(channel, "away again").mustBe(201);
        mira.awaitText("away again");
        eventually(
                "the line moves to what is new now",
                Duration.ofSeconds(5),
                () -> mira.page.locator(".divider.new + li").textContent().contains("away again"));
        look(true);
    }

    /** Whether the tab is in front. */
    private void look(boolean looks) {
        mira.page.evaluate("""
                (looks) => {
                  document.hasFocus = () => looks;
                  Object.defineProperty(document, 'visibilityState', { value: looks ? 'visible' : 'hidden', configurable: true });
                  document.dispatchEvent(new Event('visibilitychange'));
                }""", looks);
    }

    @Test
    void the_sidebar_shows_the_channel_that_is_open_however_many_there_are() {
        try (var zed = holdfast.person("Zed")) {
            holdfast.jdbc().sql("""
                            with made as (
                              insert into chat.channel (name, kind)
                              select 'many-' || substr(gen_random_uuid()::text, 1, 8), 'public' from generate_series(1, 60)
                              returning id
                            )
                            insert into chat.membership (channel_id, account_id)
                            select made.id, account.id from made, chat.account where account.handle = :handle
                            """).param("handle", zed.handle).update();
            var channel = holdfast.channel(zed);
            holdfast.jdbc()
                    .sql("update chat.channel set name = 'zz' || name where id = ?::uuid")
                    .param(channel)
                    .update();
            zed.open(channel).live();
            zed.page.locator("[data-channel-id]").nth(60).waitFor();
            eventually("it is in view", Duration.ofSeconds(5), () -> (boolean) zed.page.evaluate("""
                    () => {
                      const list = document.querySelector('.lists').getBoundingClientRect();
                      const { top, bottom } = document.querySelector('.sidebar [aria-current=page]').getBoundingClientRect();
                      return top >= list.top && bottom <= list.bottom;
                    }"""));
        }
    }
}
