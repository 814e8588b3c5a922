package dev.holdfast.page;

import dev.holdfast.web.WebSide;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.springframework.http.CacheControl;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.stereotype.Controller;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.bind.annotation.GetMapping;

/** The page's addresses, which are all one page, and its service worker, which names the release. */
@Controller
@WebSide
class PageController {

    private final Supplier<String> serviceWorker;

    PageController(PageFiles files) {
        serviceWorker = SingletonSupplier.of(
                () -> release(files) + files.file("/service-worker.js").text());
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
                .body(serviceWorker.get());
    }

    /** A line of JavaScript; paths and hashes have nothing in them to escape. */
    private static String release(PageFiles files) {
        var paths = files.kept().map(each -> '"' + each.path() + '"').collect(Collectors.joining(","));
        return "const RELEASE = {\"version\":\"" + files.version() + "\",\"integrity\":\""
                + files.release().integrity() + "\",\"paths\":[" + paths + "]};\n";
    }
}
