package dev.holdfast.browser;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.TimeoutError;
import com.microsoft.playwright.options.Cookie;
import dev.holdfast.testing.Browser;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Somebody at a browser of their own, signed in. What goes wrong in the page's console is kept. */
final class Person implements AutoCloseable {

    private static final String SHOWN =
            "() => `${document.readyState}, ${window.holdfast?.store?.session}: ${document.body.innerText.slice(0, 2000)}`";

    final String handle;
    final Holdfast holdfast;
    final List<String> complaints = new ArrayList<>();
    private final List<String> failed = new ArrayList<>();
    private final Browser account;
    private final String origin;
    BrowserContext context;
    Page page;

    Person(Holdfast holdfast, String handle, Browser account, int port) {
        this(holdfast, handle, account, "http://127.0.0.1:" + port, new NewContextOptions());
    }

    private Person(Holdfast holdfast, String handle, Browser account, String origin, NewContextOptions options) {
        this.holdfast = holdfast;
        this.handle = handle;
        this.account = account;
        this.origin = origin;
        context = Chromium.get().newContext(options);
        context.setDefaultTimeout(15_000);
        context.addCookies(
                List.of(new Cookie("HOLDFAST", account.cookie("HOLDFAST").orElseThrow())
                        .setUrl(origin)
                        .setHttpOnly(true)));
        page = tab();
    }

    /** The same account on another device: another browser with a session of its own. */
    Person device() {
        return device(origin, new NewContextOptions());
    }

    /** A device with fingers for a pointer and a narrow screen. */
    Person phone() {
        return device(
                origin,
                new NewContextOptions()
                        .setViewportSize(390, 844)
                        .setHasTouch(true)
                        .setIsMobile(true));
    }

    /** A device that opens the page by a name without TLS, so that its browser gives no locks, no clipboard and no service worker. */
    Person overPlainHttp() {
        return device(origin.replace("127.0.0.1", Chromium.PLAIN_HTTP), new NewContextOptions());
    }

    private Person device(String address, NewContextOptions options) {
        var session = new Browser(holdfast.process.port());
        session.signIn(handle, Holdfast.PASSWORD).mustBe(200);
        return new Person(holdfast, handle, session, address, options);
    }

    /** Another tab of the same browser. */
    Page tab() {
        var tab = context.newPage();
        tab.onPageError(complaints::add);
        tab.onConsoleMessage(message -> {
            if (message.type().equals("error") && message.text().contains("Content Security Policy"))
                complaints.add(message.text());
        });
        tab.onRequestFailed(request -> {
            if (!request.url().contains("/api/")) failed.add(request.url() + " " + request.failure());
        });
        return tab;
    }

    String origin() {
        return origin;
    }

    /** Opens a channel and waits until one can write. */
    Person open(String channel) {
        return open(channel, page);
    }

    /** Loads the page only where it isn't loaded; otherwise goes there as a click in the sidebar does. */
    Person open(String channel, Page tab) {
        if (tab.url().startsWith(origin)) tab.evaluate("(channel) => holdfast.go('/c/' + channel)", channel);
        else tab.navigate(origin + "/c/" + channel);
        orSay(
                tab,
                "the channel",
                () -> tab.waitForFunction(
                        "(channel) => document.querySelector('hf-composer')?.channelId === channel", channel));
        return this;
    }

    private static void orSay(Page tab, String awaited, Runnable wait) {
        try {
            wait.run();
        } catch (TimeoutError e) {
            throw new AssertionError(
                    "Instead of " + awaited + " there is at " + tab.url() + ": " + tab.evaluate(SHOWN), e);
        }
    }

    void reload() {
        page.reload();
        page.locator("hf-composer textarea").waitFor();
    }

    /** Signs in at the form, as this person or another one who comes to this browser. */
    Person signIn(String who) {
        page.locator("hf-sign-in input[name=handle]").fill(who);
        page.locator("hf-sign-in input[name=password]").fill(Holdfast.PASSWORD);
        page.locator("hf-sign-in input[name=password]").press("Enter");
        page.locator("hf-sidebar").waitFor();
        return this;
    }

    void signOut() {
        page.evaluate("() => holdfast.go('/settings')");
        page.locator("button.bad >> text=/^Sign out$/").click();
        page.locator("hf-sign-in form").waitFor();
    }

    /** Ends the session of this person's other browser. */
    void signOutThere() {
        page.navigate(origin() + "/settings");
        page.locator("text=Sign out there").first().click();
    }

    /** Waits until the feed is up, so that what comes now comes through it. */
    Person live() {
        page.waitForFunction("() => window.holdfast?.store.connection === 'live'");
        return this;
    }

    /** From now on requests whose address has this in it are not sent. In the page: Playwright's routes don't see all of a service worker's. */
    void hold(String part) {
        page.evaluate("""
                (part) => {
                  const { fetch } = window;
                  window.held = [];
                  window.fetch = (path, init) => path.includes(part) ? new Promise((go) => held.push({ path, send: () => go(fetch(path, init)) })) : fetch(path, init);
                  window.letGo = () => {
                    window.fetch = fetch;
                    held.forEach(({ send }) => send());
                  };
                }""", part);
    }

    /** Waits until one is held that has this in its address. */
    void awaitHeld(String part) {
        page.waitForFunction("(part) => held.some(({ path }) => path.includes(part))", part);
    }

    /** Sends what was held. */
    void letGo() {
        page.evaluate("() => letGo()");
    }

    /** Types a message and presses Enter. */
    Person write(String text) {
        var field = page.locator("hf-composer textarea");
        field.fill(text);
        field.press("Enter");
        return this;
    }

    /** How many messages of a channel the server counts as unread. */
    int unread(String channel) {
        for (var each : rest().get("/api/channels").mustBe(200).json()) {
            if (each.path("id").stringValue().equals(channel))
                return each.path("unread").intValue();
        }
        throw new AssertionError("not a channel of " + handle);
    }

    Locator messages() {
        return page.locator("hf-message");
    }

    /** The newest reply of an agent on screen. */
    Locator reply() {
        return page.locator("hf-message:has(.message.agent)").last();
    }

    void awaitReply(String status) {
        page.locator("hf-message[data-status=" + status + "]:has(.message.agent)")
                .last()
                .waitFor(new Locator.WaitForOptions().setTimeout(30_000));
    }

    void awaitText(String text) {
        awaitText(page, text);
    }

    static void awaitText(Page tab, String text) {
        var message = tab.locator("hf-message", new Page.LocatorOptions().setHasText(text))
                .last();
        orSay(tab, "“" + text + "”", message::waitFor);
    }

    /** What stands in the field where one writes. */
    static String draft(Page tab) {
        return tab.locator("hf-composer textarea").inputValue();
    }

    /** Whether it is this one of a browser's tabs that holds the feed. */
    static boolean leads(Page tab) {
        return (boolean) tab.evaluate("() => holdfast.store.tabs.leads");
    }

    void offline() {
        context.setOffline(true);
    }

    void online() {
        context.setOffline(false);
    }

    /** The page's lifecycle as Chromium does it to a tab of a sleeping laptop. */
    void lifecycle(String state) {
        CDPSession session = context.newCDPSession(page);
        var parameters = new com.google.gson.JsonObject();
        parameters.addProperty("state", state);
        session.send("Page.setWebLifecycleState", parameters);
        session.detach();
    }

    /** What the store of this browser holds of a channel, in order. */
    List<JsonNode> stored(String channel) {
        return stored(channel, page);
    }

    static List<JsonNode> stored(String channel, Page tab) {
        var json = tab.evaluate("""
                async (channel) => {
                  const { messages, outbox } = await holdfast.store.dump();
                  const mine = messages.filter((each) => each.channelId === channel).sort((a, b) => a.position - b.position);
                  return JSON.stringify({ messages: mine, outbox });
                }""", channel);
        var dump = Holdfast.JSON.readTree((String) json);
        return dump.path("messages").valueStream().toList();
    }

    /** For the report of a failure: where the page is, what its store says of itself, and a picture. */
    String look() {
        var picture = Path.of("target", "pictures", handle + ".png").toAbsolutePath();
        try {
            page.screenshot(new Page.ScreenshotOptions().setPath(picture));
            return page.evaluate("""
                    async () => {
                      const soon = (work) => Promise.race([work.then(() => 'yes', (failure) => String(failure)), new Promise((resolve) => setTimeout(() => resolve('hangs'), 5000))]);
                      const workers = await navigator.serviceWorker?.getRegistrations() ?? [];
                      const kept = await Promise.all((await self.caches?.keys() ?? []).map(async (name) => [name, (await (await caches.open(name)).keys()).length]));
                      const page = {
                        at: location.href, ready: document.readyState, shows: document.body?.innerText.slice(0, 200), kept,
                        controller: navigator.serviceWorker?.controller?.state, workers: workers.map(({ active, waiting, installing }) => [active?.state, waiting?.state, installing?.state]),
                      };
                      if (!window.holdfast) return JSON.stringify(page);
                      const { store } = holdfast;
                      return JSON.stringify({
                        ...page, online: navigator.onLine, visible: document.visibilityState, session: store.session, connection: store.connection,
                        leads: store.tabs?.leads, writes: await soon(store.copy.merge([], [])), asks: await soon(fetch('/api/me').then((answer) => answer.text())),
                        requests: performance.getEntriesByType('resource').slice(-8).map(({ name, startTime, duration, responseStatus }) => [name.split('/').at(-1), startTime, duration, responseStatus]),
                        now: performance.now(), channels: [...store.channels.values()], outbox: store.outbox.slice(0, 3), unsent: store.outbox.length,
                      });
                    }""") + " " + complaints + " did not arrive: " + failed + " " + picture;
        } catch (RuntimeException failure) {
            return "the page of " + handle + " answers nothing: " + failure.getMessage();
        }
    }

    /** Waits until all of it is sent: an entry goes once its answer is in the copy, which is after others see the message. */
    void awaitSent() {
        page.waitForFunction("() => holdfast.store.outbox.length === 0");
    }

    int unsent() {
        return (int) page.evaluate("() => holdfast.store.outbox.length");
    }

    /** Of what has not been sent, how much would outlast this tab. */
    int kept() {
        return (int) page.evaluate("async () => (await holdfast.store.copy.all('outbox')).length");
    }

    Browser rest() {
        return account;
    }

    /** Nothing was blocked by the page's policy and no script failed. */
    void assertNoComplaints() {
        if (!complaints.isEmpty()) throw new AssertionError("The page of " + handle + " complained: " + complaints);
    }

    Object evaluate(String script, Object argument) {
        return page.evaluate(script, argument);
    }

    static Map<String, Object> map(Object evaluated) {
        @SuppressWarnings("unchecked")
        var map = (Map<String, Object>) evaluated;
        return map;
    }

    @Override
    public void close() {
        context.close();
    }
}
