package dev.holdfast.browser;

import static dev.holdfast.browser.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** A browser that gives the page little room or none, or is slow to: it works, says so, and what is on screen is right. */
@TestInstance(Lifecycle.PER_CLASS)
class StorageTest {

    private static final String POSTS = "**/api/channels/*/messages";
    private static final String WARNING = ".connection >> text=This browser keeps nothing";

    private final Holdfast holdfast = Holdfast.shared();
    private final Person ben = holdfast.person("Ben");
    private String channel;

    @BeforeEach
    void open() {
        channel = holdfast.channel(ben);
        ben.open(channel).live();
    }

    @AfterAll
    void close() {
        ben.close();
    }

    @Test
    void without_indexeddb_the_page_lives_in_memory_and_says_so() {
        try (var mira = holdfast.person("Mira")) {
            holdfast.add(channel, mira.handle);
            mira.context.addInitScript("""
                    Object.defineProperty(window, 'indexedDB', { value: {
                      open() { throw new DOMException('A private window has none.', 'InvalidStateError'); },
                      deleteDatabase() { throw new DOMException('A private window has none.', 'InvalidStateError'); },
                    } });""");
            mira.open(channel).live();
            mira.page.locator(WARNING).waitFor();
            var second = mira.tab();
            mira.open(channel, second);
            mira.write("@ada go on [[words=40 pace=40]]");
            mira.awaitReply("complete");
            second.locator("hf-message[data-status=complete]:has(.message.agent)")
                    .waitFor();
            Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
            assertThat(Person.stored(channel, second)).isEqualTo(mira.stored(channel));
            mira.signOut();
            second.locator("hf-sign-in form").waitFor();
            mira.assertNoComplaints();
        }
    }

    /** Each in a transaction of its own would leave a slow device further and further behind a busy channel. */
    @Test
    void what_comes_while_the_copy_is_being_written_is_taken_in_together() {
        try (var mira = holdfast.person("Mira");
                var noor = holdfast.person("Noor")) {
            holdfast.add(channel, mira.handle);
            holdfast.add(channel, noor.handle);
            mira.open(channel).live();
            mira.page.evaluate("""
                    () => {
                      const { copy } = holdfast.store;
                      const { merge } = copy;
                      const slow = new Promise((resolve) => (window.answer = resolve));
                      window.merges = 0;
                      copy.merge = async (messages, ...rest) => {
                        if (messages.length > 0) window.merges += 1;
                        await slow;
                        return merge.call(copy, messages, ...rest);
                      };
                      const { parse } = JSON;
                      JSON.parse = (text, ...rest) => {
                        window.hasCome ||= text.includes('the last of them');
                        return parse(text, ...rest);
                      };
                    }""");
            ben.rest().write(channel, "which is being written").mustBe(201);
            mira.page.waitForFunction("() => window.merges === 1");
            var first = noor.rest().write(channel, "of Noor").mustBe(201).json();
            noor.rest().write(channel, "of Noor, too").mustBe(201);
            noor.rest()
                    .patch("/api/me", "{\"displayName\": \"Noor the Second\"}")
                    .mustBe(200);
            noor.rest()
                    .patch("/api/messages/" + first.path("id").stringValue(), "{\"content\": \"edited\"}")
                    .mustBe(200);
            ben.rest()
                    .write(channel, "@ada go on [[words=60 pace=50 kind=mixed]]")
                    .mustBe(201);
            for (var n = 1; n <= 20; n++)
                ben.rest().write(channel, "message " + n).mustBe(201);
            ben.awaitReply("complete");
            ben.rest().write(channel, "the last of them").mustBe(201);
            mira.page.waitForFunction("() => window.hasCome");
            mira.page.evaluate("() => window.answer()");
            mira.awaitText("the last of them");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(10), mira, ben);
            assertThat(mira.page.evaluate(
                            "(id) => holdfast.store.accounts.get(id).displayName",
                            first.at("/author/id").stringValue()))
                    .as("her name, which the edited message brought, that was written before the other of hers")
                    .isEqualTo("Noor the Second");
            // more than two where the heads of every 15 seconds came between
            assertThat((int) mira.page.evaluate("() => window.merges"))
                    .as("writes of messages")
                    .isBetween(2, 6);
            mira.assertNoComplaints();
        }
    }

    /** The browser remembers whose copy it is; with the copy gone, all else about that person has to be asked for. */
    @Test
    void messages_are_shown_before_the_page_knows_its_own_handle() {
        try (var mira = holdfast.person("Mira")) {
            holdfast.add(channel, mira.handle);
            mira.open(channel).live();
            ben.write("*hello* @" + mira.handle);
            mira.page.locator("hf-message .mention.me").waitFor();
            var held = new ArrayList<Route>();
            var answers = new AtomicBoolean();
            mira.page.route("**/api/me", route -> {
                if (answers.get()) route.resume();
                else held.add(route);
            });
            mira.page.navigate(mira.origin() + "/icon.svg"); // where no page runs that would keep it again
            mira.page.evaluate("""
                    async () => {
                      const answer = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
                      const [{ name }] = await indexedDB.databases();
                      const copy = await answer(indexedDB.open(name));
                      const cleared = copy.transaction('kept', 'readwrite');
                      cleared.objectStore('kept').clear();
                      await new Promise((resolve) => (cleared.oncomplete = resolve)); // a page that goes before takes it back
                      copy.close();
                    }""");
            mira.page.navigate(mira.origin() + "/c/" + channel);
            mira.page.locator("hf-message em >> text=hello").waitFor();
            assertThat(mira.page.locator("hf-message .mention.me").count()).isZero();
            answers.set(true);
            held.forEach(Route::resume);
            mira.page.locator("hf-message .mention.me").waitFor();
            mira.live();
            mira.assertNoComplaints();
        }
    }

    @Test
    void a_copy_that_has_outgrown_its_room_starts_over_and_loses_nothing_that_waits_to_be_sent() {
        outOfRoom("until something is cleared", 0);
    }

    @Test
    void a_copy_without_any_room_goes_on_in_memory_and_loses_nothing_that_waits_to_be_sent() {
        outOfRoom("for good", 1);
    }

    private void outOfRoom(String how, int warnings) {
        try (var mira = holdfast.person("Mira")) {
            holdfast.add(channel, mira.handle);
            mira.open(channel).live();
            var second = mira.tab();
            mira.open(channel, second);
            var posts = Aborted.requests(mira.page, "POST", POSTS);
            mira.write("waiting");
            eventually("it is kept", Duration.ofSeconds(5), () -> mira.kept() == 1);
            var field = mira.page.locator("hf-composer textarea");
            field.fill("half a thought");
            mira.evaluate(NO_ROOM, how);
            for (var n = 1; n <= 20; n++)
                ben.rest().write(channel, "text number " + n).mustBe(201);
            mira.page.waitForFunction("() => window.refused > 0");
            mira.live().awaitText("text number 20");
            second.getByText("text number 20", new Page.GetByTextOptions().setExact(true))
                    .waitFor();
            posts.letThrough();
            ben.awaitText("waiting");
            assertThat(mira.page.evaluate("() => document.activeElement.value")).isEqualTo("half a thought");
            field.press("Enter");
            ben.awaitText("half a thought");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(20), mira, ben);
            eventually(
                    "the second tab has it all",
                    Duration.ofSeconds(20),
                    () -> Person.stored(channel, second).equals(mira.stored(channel)));
            mira.awaitSent();
            assertThat(mira.page.locator(WARNING).count()).isEqualTo(warnings);
            mira.assertNoComplaints();
        }
    }

    @Test
    void what_there_was_no_room_for_is_sent_and_kept_once_there_is_room() {
        noRoomFor("until something is cleared", 1);
    }

    @Test
    void what_there_is_never_room_for_is_sent_from_memory() {
        noRoomFor("for good", 0);
    }

    private void noRoomFor(String how, int keptOnDisk) {
        try (var mira = holdfast.person("Mira")) {
            holdfast.add(channel, mira.handle);
            mira.open(channel).live();
            var posts = Aborted.requests(mira.page, "POST", POSTS);
            mira.evaluate(NO_ROOM, how);
            mira.write("there was no room for this");
            mira.page.waitForFunction("() => window.refused > 0");
            mira.page.waitForCondition(() -> posts.tries() > 0);
            mira.page.locator("hf-composer textarea").fill("nor for this");
            eventually("all of it is kept", Duration.ofSeconds(5), () -> (boolean) mira.evaluate(KEEPS, channel));
            assertThat(onDisk(mira, "outbox")).isEqualTo(keptOnDisk);
            mira.live().awaitText("there was no room for this");
            posts.letThrough();
            ben.awaitText("there was no room for this");
            Eventually.equal(holdfast, channel, Duration.ofSeconds(20), mira, ben);
            mira.awaitSent();
            mira.assertNoComplaints();
        }
    }

    @Test
    void a_tab_without_room_stands_for_itself_and_the_others_keep_their_copy() {
        try (var mira = holdfast.person("Mira")) {
            holdfast.add(channel, mira.handle);
            mira.open(channel).live();
            var second = mira.tab();
            mira.open(channel, second);
            second.evaluate(NO_ROOM, "for good");
            second.locator("hf-composer textarea").fill("from the second tab");
            second.locator("hf-composer textarea").press("Enter");
            second.locator(WARNING).waitFor();
            ben.awaitText("from the second tab");
            ben.rest().write(channel, "for all").mustBe(201);
            mira.awaitText("for all");
            second.getByText("for all", new Page.GetByTextOptions().setExact(true))
                    .waitFor();
            var third = mira.tab();
            mira.open(channel, third);
            third.getByText("for all", new Page.GetByTextOptions().setExact(true))
                    .waitFor();
            Eventually.equal(holdfast, channel, Duration.ofSeconds(20), mira, ben);
            assertThat(Person.stored(channel, third)).isEqualTo(mira.stored(channel));
            assertThat(Person.stored(channel, second)).isEqualTo(mira.stored(channel));
            mira.assertNoComplaints();
        }
    }

    @Test
    void what_waits_or_is_half_typed_in_memory_alone_is_there_when_the_same_person_signs_in_again() {
        try (var mira = holdfast.person("Mira");
                var phone = mira.device()) {
            holdfast.add(channel, mira.handle);
            mira.context.addInitScript("Object.defineProperty(window, 'indexedDB', { value: undefined });");
            mira.open(channel).live();
            var posts = Aborted.requests(mira.page, "POST", POSTS);
            mira.write("still to be sent");
            mira.page.waitForCondition(() -> posts.tries() > 0);
            mira.page.locator("hf-composer textarea").fill("half a thought");
            phone.signOutThere();
            mira.page.locator("hf-sign-in form").waitFor();
            posts.letThrough();
            mira.signIn(mira.handle).open(channel);
            ben.awaitText("still to be sent");
            assertThat(mira.page.locator("hf-composer textarea").inputValue()).isEqualTo("half a thought");
            mira.signOut();
            mira.signIn(mira.handle).open(channel);
            assertThat(mira.page.locator("hf-composer textarea").inputValue()).isEmpty();
            mira.assertNoComplaints();
        }
    }

    @Test
    void a_tab_that_went_on_in_memory_leaves_no_messages_behind_when_its_session_ends() {
        try (var mira = holdfast.person("Mira");
                var phone = mira.device()) {
            holdfast.add(channel, mira.handle);
            mira.open(channel).live();
            mira.page.evaluate("() => { window.put = IDBObjectStore.prototype.put; }");
            mira.evaluate(NO_ROOM, "for good");
            mira.write("there is no room for this");
            mira.page.locator(WARNING).waitFor();
            mira.page.evaluate("""
                    async () => {
                      const answer = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
                      const [{ name }] = await indexedDB.databases();
                      const copy = await answer(indexedDB.open(name));
                      const message = copy.transaction('message', 'readwrite').objectStore('message');
                      await answer(window.put.call(message, { id: 'from when there was room' }));
                      copy.close();
                    }""");
            assertThat(onDisk(mira, "message")).isOne();
            phone.signOutThere();
            mira.page.locator("hf-sign-in form").waitFor();
            assertThat(onDisk(mira, "message")).isZero();
            mira.assertNoComplaints();
        }
    }

    private static final String KEEPS = """
            async (channel) => {
              const { copy } = holdfast.store;
              const [entries, drafts] = [await copy.all('outbox'), await copy.get('kept', 'drafts')];
              return entries.length === 1 && entries[0].tried && drafts?.[channel] === 'nor for this';
            }""";

    /** How many things of a kind a page that opens next would find. */
    private static int onDisk(Person person, String store) {
        return (int) person.evaluate("""
                async (store) => {
                  const answer = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
                  const [{ name }] = await indexedDB.databases();
                  const copy = await answer(indexedDB.open(name));
                  const entries = await answer(copy.transaction(store).objectStore(store).getAll());
                  copy.close();
                  return entries.length;
                }""", store);
    }

    /** The browser refuses as a full disk makes it; Chromium's own quota cannot be narrowed from outside. */
    private static final String NO_ROOM = """
            (how) => {
              const { put, clear } = IDBObjectStore.prototype;
              window.refused = 0;
              IDBObjectStore.prototype.put = function () {
                window.refused += 1;
                throw new DOMException('There is no room.', 'QuotaExceededError');
              };
              IDBObjectStore.prototype.clear = function () {
                if (how === 'until something is cleared') IDBObjectStore.prototype.put = put;
                return clear.call(this);
              };
            }""";
}
