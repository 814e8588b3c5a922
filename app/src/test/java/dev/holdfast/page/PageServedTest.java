package dev.holdfast.page;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.Browser;
import dev.holdfast.testing.WebApp;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.Timeout;

/** What browsers get when they ask for the page. */
@TestInstance(Lifecycle.PER_CLASS)
class PageServedTest {

    private final WebApp app = WebApp.start();
    private final Browser browser = app.browser();

    @AfterAll
    void close() {
        app.close();
    }

    @Test
    void the_release_holds_every_file_as_it_is_served_and_is_the_one_that_the_service_worker_expects() {
        var worker = browser.get("/service-worker.js").mustBe(200).body();
        var answer = browser.get("/release.json").mustBe(200);
        assertThat(worker)
                .contains("\"integrity\":\"" + PageFile.integrity(answer.body().getBytes(UTF_8)) + "\"");
        assertThat(answer.header("Content-Security-Policy"))
                .as("the service worker gives it to each of them")
                .isEqualTo(browser.get("/").header("Content-Security-Policy"));
        var paths = Pattern.compile("\"(/[^\"]+)\"")
                .matcher(worker.lines().findFirst().orElseThrow())
                .results();
        assertThat(answer.json()).hasSizeGreaterThan(50).allSatisfy(kept -> {
            var path = kept.path(0).stringValue();
            var served = browser.get(path).mustBe(200);
            assertThat(served.header("Content-Type"))
                    .as(path)
                    .hasValue(kept.path(1).stringValue());
            assertThat(served.body()).as(path).isEqualTo(kept.path(2).stringValue());
        });
        assertThat(paths.map(each -> each.group(1)))
                .isEqualTo(answer.json()
                        .valueStream()
                        .map(kept -> kept.path(0).stringValue())
                        .toList());
    }

    @Test
    void scripts_are_served_as_javascript_and_keep_in_caches_only_where_their_path_has_their_version() {
        var own = browser.get("/store.js");
        assertThat(own.header("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/javascript"));
        assertThat(own.header("Cache-Control")).hasValue("no-cache");
        assertThat(own.header("ETag")).isPresent();
        var library = browser.get("/_static/markdown-it/14.2.0/dist/markdown-it.min.js");
        assertThat(library.header("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/javascript"));
        assertThat(library.header("Cache-Control"))
                .hasValueSatisfying(value -> assertThat(value).contains("immutable"));
    }

    @Test
    void files_are_sent_packed_to_who_unpacks_them_and_only_to_him() throws Exception {
        for (var path : List.of("/store.js", "/release.json", "/", "/_static/lit-html/3.3.3/lit-html.js")) {
            var plain = browser.get(path).mustBe(200);
            assertThat(plain.header("Content-Encoding")).as(path).isEmpty();
            assertThat(plain.header("Vary")).as(path).hasValue("Accept-Encoding");
            for (var accepted : List.of("gzip, deflate, br", "br;q=1.0, GZIP;q=0.5")) {
                var packed = bytes(path, accepted);
                assertThat(packed.headers().firstValue("Content-Encoding"))
                        .as(path)
                        .hasValue("gzip");
                assertThat(packed.headers().firstValue("Content-Type")).isEqualTo(plain.header("Content-Type"));
                assertThat(packed.headers().firstValue("Vary")).hasValue("Accept-Encoding");
                assertThat(packed.headers().firstValue("ETag")).isNotEqualTo(plain.header("ETag"));
                assertThat(packed.body()).as(path).hasSizeLessThan(plain.body().length() * 2 / 3);
                assertThat(new GZIPInputStream(new ByteArrayInputStream(packed.body())).readAllBytes())
                        .as(path)
                        .isEqualTo(plain.body().getBytes(UTF_8));
            }
            for (var accepted : List.of("identity", "gzip;q=0, br", "deflate,gzip;q=0.000", "x-gzipped")) {
                assertThat(bytes(path, accepted).headers().firstValue("Content-Encoding"))
                        .as(accepted)
                        .isEmpty();
            }
        }
    }

    private HttpResponse<byte[]> bytes(String path, String accepted) throws Exception {
        try (var client = HttpClient.newHttpClient()) {
            return client.send(
                    browser.request(path).header("Accept-Encoding", accepted).build(),
                    HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    /** A statement that waits for a lock is given up after 18 s. */
    @Test
    @Timeout(15)
    void nobody_waits_for_the_database_to_get_the_page() throws SQLException {
        var mira = app.member("mira");
        try (var connection = app.database().dataSource().getConnection();
                var statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("lock table chat.session, chat.account");
            mira.get("/settings").mustBe(200);
            mira.get("/store.js").mustBe(200);
        }
        mira.get("/api/me").mustBe(200);
    }

    @Test
    void what_the_page_does_not_need_is_not_there() {
        browser.get("/_static/lit/3.3.3/package.json").mustBe(404);
        browser.get("/nothing.js").mustBe(404);
    }

    @Test
    void every_address_of_the_page_is_the_page_with_its_policy() {
        for (var path : List.of(
                "/",
                "/c/0b5a7cf4-5a0c-4a5c-8d0e-111111111111",
                "/join",
                "/reset",
                "/agents",
                "/people",
                "/browse",
                "/search?q=x",
                "/settings",
                "/ops",
                "/ops/story")) {
            var answer = browser.get(path).mustBe(200);
            assertThat(answer.body()).as(path).contains("<hf-app>");
            assertThat(answer.header("Content-Security-Policy"))
                    .hasValueSatisfying(policy -> assertThat(policy)
                            .contains("default-src 'none'", "script-src 'self' 'sha256-")
                            .doesNotContain("unsafe"));
        }
    }
}
