package dev.holdfast.page;

import dev.holdfast.web.WebSide;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.web.bind.annotation.GetMapping;
import tools.jackson.databind.json.JsonMapper;

/** The page's addresses, which are all one page, and its service worker, which names the release and fetches it whole. */
@Controller
@WebSide
class PageController {

    private final byte[] release;
    private final String serviceWorker;

    PageController(PageFiles files) {
        var kept = files.all().values().stream()
                .filter(each -> !each.path().equals("/service-worker.js"))
                .toList();
        release = new JsonMapper()
                .writeValueAsBytes(kept.stream()
                        .map(each -> List.of(each.path(), each.type().toString(), each.text()))
                        .toList());
        serviceWorker =
                named(files.version(), kept) + files.file("/service-worker.js").text();
    }

    @GetMapping({
        "/",
        "/c/{channel}",
        "/join",
        "/reset",
        "/agents",
        "/people",
        "/browse",
        "/search",
        "/settings",
        "/ops",
        "/ops/**"
    })
    String page() {
        return "forward:/index.html";
    }

    @GetMapping("/service-worker.js")
    ResponseEntity<String> serviceWorker() {
        return ResponseEntity.ok()
                .contentType(MediaType.parseMediaType("text/javascript;charset=utf-8"))
                .cacheControl(CacheControl.noCache())
                .body(serviceWorker);
    }

    /**
     * Every file as {@code [path, type, text]}: a browser that asked for one after the other would, together with the
     * server, work four times as much.
     */
    @GetMapping("/release.json")
    ResponseEntity<byte[]> release() {
        return ResponseEntity.ok()
                .contentType(MediaType.APPLICATION_JSON)
                .cacheControl(CacheControl.noCache())
                .body(release);
    }

    /** A line of JavaScript; paths and hashes have nothing in them to escape. */
    private String named(String version, List<PageFile> kept) {
        var paths = kept.stream().map(each -> '"' + each.path() + '"').collect(Collectors.joining(","));
        return "const RELEASE = {\"version\":\"" + version + "\",\"integrity\":\"" + PageFile.integrity(release)
                + "\",\"paths\":[" + paths + "]};\n";
    }
}
