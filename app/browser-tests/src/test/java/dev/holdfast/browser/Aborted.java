package dev.holdfast.browser;

import com.microsoft.playwright.Page;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Requests of a page that fail as without a network, until they are let through. Taking the route away instead would leave
 * one that Playwright holds at that moment without any answer.
 */
final class Aborted {

    private final AtomicBoolean away = new AtomicBoolean(true);
    private final AtomicInteger tries = new AtomicInteger();

    private Aborted() {}

    /** @param method such as POST; others go through */
    static Aborted requests(Page page, String method, String pattern) {
        var aborted = new Aborted();
        page.route(pattern, route -> {
            if (!aborted.away.get() || !route.request().method().equals(method)) {
                route.resume();
                return;
            }
            aborted.tries.incrementAndGet();
            route.abort();
        });
        return aborted;
    }

    int tries() {
        return tries.get();
    }

    void letThrough() {
        away.set(false);
    }
}
