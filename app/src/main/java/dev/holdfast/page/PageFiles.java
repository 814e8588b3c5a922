package dev.holdfast.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.util.function.SingletonSupplier;
import tools.jackson.databind.json.JsonMapper;

/**
 * Every file that the page needs: its own, and what these reach in the libraries' jars. Found by following the imports,
 * so that a file that is used is a file that works offline.
 */
final class PageFiles {

    private static final String OWN = "/static";
    private static final String LIBRARIES = "/META-INF/resources";
    private static final String RELEASE = "/release.json";

    private static final Pattern IMPORT_MAP =
            Pattern.compile("<script type=\"importmap\">(.*?)</script>", Pattern.DOTALL);
    private static final Pattern IMPORT_MAP_ENTRY = Pattern.compile("\"([^\"]+)\"\\s*:\\s*\"(/[^\"]+)\"");

    /** `from "x"`, `import "x"`, `import("x")`, and paths of libraries that are written as such. */
    private static final Written REFERENCE = new Written(
            Pattern.compile(
                    "\\b(?:from|import)\\s*\\(?\\s*[\"']([^\"'\\s]+)[\"']|(?<=[\"'])(/(?:webjars|_static)/[^\"']+\\.(?:m?js|css))[\"']"),
            List.of("from", "import", "/webjars/", "/_static/"));

    /** An import that a module cannot begin without, as {@code import("x")} is not. */
    private static final Written IMPORT =
            new Written(Pattern.compile("\\b(?:from|import)\\s*[\"']([^\"'\\s]+)[\"']"), List.of("from", "import"));

    private static final String START = "<script type=\"module\" src=\"/app.js\">";

    private final PathMatchingResourcePatternResolver resources = new PathMatchingResourcePatternResolver();
    private final Map<String, PageFile> files = new TreeMap<>();
    private final Map<String, String> importMap = new TreeMap<>();
    private final Supplier<PageFile> release = SingletonSupplier.of(this::pack);

    PageFiles() {
        readOwn();
        IMPORT_MAP_ENTRY.matcher(importMap()).results().forEach(each -> importMap.put(each.group(1), each.group(2)));
        followImports();
        nameModules();
    }

    Map<String, PageFile> all() {
        return files;
    }

    /** What the service worker keeps: all but itself. */
    Stream<PageFile> kept() {
        return files.values().stream().filter(each -> !each.path().equals("/service-worker.js"));
    }

    /**
     * What the service worker keeps, each as {@code [path, type, text]}: a browser that asked for one file after the other
     * would work three times as much for it, and the server answer ninety requests.
     */
    PageFile release() {
        return release.get();
    }

    /** What a browser may ask for. */
    @Nullable
    PageFile find(String path) {
        return path.equals(RELEASE) ? release() : files.get(path);
    }

    PageFile file(String path) {
        var file = files.get(path);
        if (file == null) throw new IllegalStateException(path + " is missing from the program's jar: build it again");
        return file;
    }

    /** The text between the tags of index.html's import map. */
    String importMap() {
        var matcher = IMPORT_MAP.matcher(file("/index.html").text());
        if (!matcher.find()) throw new IllegalStateException("index.html has no import map");
        return matcher.group(1);
    }

    /** Changes whenever any file does. */
    String version() {
        var digest = PageFile.sha256();
        files.values().forEach(each -> {
            digest.update(each.path().getBytes(StandardCharsets.UTF_8));
            digest.update(each.content());
        });
        return HexFormat.of().formatHex(digest.digest(), 0, 10);
    }

    private PageFile pack() {
        return new PageFile(
                RELEASE,
                new JsonMapper().writeValueAsBytes(kept().map(PageFiles::packed).toList()));
    }

    private static List<String> packed(PageFile file) {
        var text = file.text();
        if (!Arrays.equals(text.getBytes(StandardCharsets.UTF_8), file.content())) {
            throw new IllegalStateException(
                    file.path() + " of the page is no text, and " + RELEASE + " holds only text");
        }
        return List.of(file.path(), file.type().toString(), text);
    }

    private void readOwn() {
        try {
            for (var resource : resources.getResources("classpath*:static/**/*.*")) {
                var url = resource.getURL().toString();
                add(url.substring(url.lastIndexOf(OWN + "/") + OWN.length()), resource);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the page's files cannot be listed", e);
        }
    }

    private PageFile add(String path, Resource resource) {
        var file = PageFile.read(path, resource);
        files.put(path, file);
        return file;
    }

    private void followImports() {
        var unread = new ArrayDeque<>(files.values());
        while (!unread.isEmpty()) {
            var file = unread.remove();
            if (!file.path().endsWith("js")) continue;
            paths(REFERENCE, file).filter(path -> !files.containsKey(path)).forEach(path -> {
                var resource = resources.getResource("classpath:" + LIBRARIES + path);
                if (!resource.isReadable()) return; // the word "from" and a string, but no import
                unread.add(add(path, resource));
            });
        }
    }

    /**
     * Names in index.html every module that the page starts with: a browser would learn of them import by import, and wait
     * as many times for the server as these are deep.
     */
    private void nameModules() {
        var modules = new LinkedHashSet<>(List.of("/app.js"));
        var unread = new ArrayDeque<>(modules);
        while (!unread.isEmpty()) {
            var file = file(unread.remove());
            paths(IMPORT, file)
                    .filter(path -> files.containsKey(path) && modules.add(path))
                    .forEach(unread::add);
        }
        var links = modules.stream()
                .skip(1)
                .map("<link rel=\"modulepreload\" href=\"%s\">\n  "::formatted)
                .collect(Collectors.joining());
        var index = file("/index.html");
        var text = index.text().replace(START, links + START);
        files.put(index.path(), new PageFile(index.path(), text.getBytes(StandardCharsets.UTF_8)));
    }

    private Stream<String> paths(Written written, PageFile file) {
        return written.in(file.text()).flatMap(each -> Stream.ofNullable(resolve(file, each)));
    }

    private @Nullable String resolve(PageFile file, String written) {
        if (written.startsWith("/")) return written;
        if (written.startsWith("."))
            return URI.create(file.path()).resolve(written).toString();
        var exact = importMap.get(written);
        if (exact != null) return exact;
        return importMap.keySet().stream()
                .filter(name -> name.endsWith("/") && written.startsWith(name))
                .findFirst()
                .map(name -> importMap.get(name) + written.substring(name.length()))
                .orElse(null);
    }

    /** What is written in a text in this way, which begins with one of these words: to look for them alone takes a tenth of the time. */
    private record Written(Pattern way, List<String> words) {

        Stream<String> in(String text) {
            var found = new ArrayList<String>();
            var matcher = way.matcher(text).useTransparentBounds(true);
            for (var word : words) {
                for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
                    if (matcher.region(at, text.length()).lookingAt())
                        found.add(matcher.group(1) != null ? matcher.group(1) : matcher.group(2));
                }
            }
            return found.stream();
        }
    }
}
