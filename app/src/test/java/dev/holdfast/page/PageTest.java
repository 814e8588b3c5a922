package dev.holdfast.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What must hold between the page's files, read as text. */
class PageTest {

    private static final Pattern IMPORT = Pattern.compile("(?:\\bfrom|\\bimport)\\s*\\(?\\s*['\"]([^'\"]+)['\"]");

    /** What a view may import: the store, what asks for changes, pure rendering, the time, and the operators' page, which shows no chat. */
    /** Of the folder store only what knows messages and nothing of where they are kept. */
    private static final Set<String> OPEN_TO_VIEWS = Set.of(
            "store.js",
            "store/merge.js",
            "actions.js",
            "clock.js",
            "route.js",
            "overlay.js",
            "growing.js",
            "markdown.js",
            "operations/ops.js");

    private final PageFiles files = new PageFiles();

    @Test
    void every_name_in_the_import_map_leads_to_a_file_in_the_libraries_jars() {
        var matcher = Pattern.compile("\"(/[^\"]+)\"").matcher(files.importMap());
        var exact = matcher.results()
                .map(each -> each.group(1))
                .filter(path -> !path.endsWith("/"))
                .toList();
        assertThat(exact)
                .isNotEmpty()
                .allSatisfy(path -> assertThat(getClass().getResource("/META-INF/resources" + path))
                        .as(path)
                        .isNotNull());
    }

    @Test
    void every_import_of_the_page_leads_to_a_file_that_is_served_and_works_offline() {
        for (var file : own()) {
            for (var name : imports(file)) {
                if (!name.startsWith(".")) continue;
                var path = java.net.URI.create(file.path()).resolve(name).toString();
                assertThat(files.all()).as("%s imports %s", file.path(), name).containsKey(path);
            }
        }
        assertThat(files.all().keySet())
                .contains("/_static/lit-html/3.3.3/lit-html.js", "/webjars/idb/7.0.1/build/wrap-idb-value.js")
                .anyMatch(path -> path.contains("highlight"));
    }

    @Test
    void the_policy_names_the_import_map_and_index_html_has_no_other_inline_script_or_style() {
        var index = files.file("/index.html").text();
        var hash = PageFile.integrity(files.importMap().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(ContentSecurityPolicy.of(files.importMap()).value()).contains("script-src 'self' '" + hash + "'");
        assertThat(index.split("<script", -1))
                .as("reopen.js, the import map and app.js")
                .hasSize(4);
        assertThat(index)
                .doesNotContain("<style")
                .doesNotContainPattern("\\son[a-z]+=")
                .doesNotContainPattern("\\sstyle=");
    }

    @Test
    void no_template_needs_inline_style_or_inline_script() {
        assertThat(own())
                .allSatisfy(file -> assertThat(file.text())
                        .as(file.path())
                        .doesNotContainPattern("<[a-z][^>`]*\\sstyle=")
                        .doesNotContainPattern("<[a-z][^>`]*\\son[a-z]+=")
                        .doesNotContain("unsafeHTML")
                        .doesNotContain("eval("));
    }

    @Test
    void views_read_only_the_store() {
        assertThat(views()).isNotEmpty().allSatisfy(view -> {
            assertThat(imports(view)).as(view.path()).allMatch(PageTest::isOpenToViews, "open to views");
            assertThat(view.text())
                    .as(view.path())
                    .doesNotContainPattern("\\b(fetch\\(|indexedDB|XMLHttpRequest|WebSocket|BroadcastChannel)");
        });
    }

    @Test
    void only_feed_js_reads_a_stream() {
        assertThat(namesOf(
                        file -> Pattern.compile("EventSource|getReader|ReadableStream|TextDecoder|WebSocket|for await")
                                .matcher(file.text())
                                .find()))
                .containsExactly("/feed.js");
    }

    @Test
    void only_three_files_ask_the_network() {
        assertThat(namesOf(file ->
                        Pattern.compile("\\bfetch\\(").matcher(file.text()).find()))
                .containsExactly("/api.js", "/feed.js", "/service-worker.js");
    }

    @Test
    void only_database_js_opens_indexeddb() {
        assertThat(namesOf(file -> imports(file).contains("idb"))).containsExactly("/store/database.js");
    }

    @Test
    void another_byte_is_another_release() {
        var before = files.version();
        files.all()
                .put("/app.js", new PageFile("/app.js", (files.file("/app.js").text() + " ").getBytes()));
        assertThat(files.version()).isNotEqualTo(before);
    }

    @Test
    void a_file_that_is_no_text_would_be_noticed_when_the_release_is_put_together() {
        files.all().put("/icon.png", new PageFile("/icon.png", new byte[] {(byte) 0x89, 'P', 'N', 'G'}));
        assertThatThrownBy(files::release).hasMessageContaining("/icon.png");
    }

    private static boolean isOpenToViews(String name) {
        if (name.startsWith("./") || !name.startsWith(".")) return !name.equals("idb");
        return OPEN_TO_VIEWS.contains(name.substring("../".length()));
    }

    private TreeSet<String> namesOf(Predicate<PageFile> wanted) {
        return own().stream().filter(wanted).map(PageFile::path).collect(Collectors.toCollection(TreeSet::new));
    }

    private List<PageFile> own() {
        return scripts().toList();
    }

    private List<PageFile> views() {
        return scripts().filter(file -> file.path().startsWith("/views/")).toList();
    }

    private Stream<PageFile> scripts() {
        return files.all().values().stream()
                .filter(file -> file.path().endsWith(".js"))
                .filter(file ->
                        !file.path().startsWith("/_static") && !file.path().startsWith("/webjars"));
    }

    private static List<String> imports(PageFile file) {
        return IMPORT.matcher(file.text()).results().map(each -> each.group(1)).toList();
    }
}
