package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser.NewContextOptions;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.Cookie;
import dev.holdfast.testing.Browser;
import java.util.ArrayList;
import java.util.List;

/** Opens /ops and keeps what its scripts and its policy complain of. */
final class OperationsWindow {

    private final Holdfast holdfast;
    private final List<String> complaints = new ArrayList<>();

    OperationsWindow(Holdfast holdfast) {
        this.holdfast = holdfast;
    }

    void mustHaveNoComplaints() {
        assertThat(complaints).isEmpty();
    }

    /** How many of ops.generations these are. */
    int count(String condition) {
        return holdfast.jdbc()
                .sql("select count(*) from ops.generations where " + condition)
                .query(Integer.class)
                .single();
    }

    /** A window of this size and colour scheme, signed in as this account. */
    BrowserContext signedIn(Browser account, int width, int height, String scheme) {
        var context = Chromium.get()
                .newContext(new NewContextOptions()
                        .setViewportSize(width, height)
                        .setColorScheme(ColorScheme.valueOf(scheme.toUpperCase())));
        context.setDefaultTimeout(20_000);
        context.addCookies(
                List.of(new Cookie("HOLDFAST", account.cookie("HOLDFAST").orElseThrow())
                        .setUrl("http://127.0.0.1:" + holdfast.process.port())
                        .setHttpOnly(true)));
        return context;
    }

    Page open(BrowserContext context, String path) {
        return open(context, holdfast.process.port(), path);
    }

    /** The page with its tables and charts, from the web process at this port. */
    Page open(BrowserContext context, int port, String path) {
        var page = context.newPage();
        page.onPageError(complaints::add);
        page.onConsoleMessage(message -> {
            if (message.type().equals("error") && message.text().contains("Content Security Policy"))
                complaints.add(message.text());
        });
        page.navigate("http://127.0.0.1:" + port + path);
        page.locator(".generations tbody tr").first().waitFor();
        page.locator("hf-chart canvas").first().waitFor();
        return page;
    }
}
