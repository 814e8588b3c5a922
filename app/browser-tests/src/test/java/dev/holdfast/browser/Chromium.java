package dev.holdfast.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Playwright.CreateOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The one place where tests get a Chromium from: the machine's own, else Playwright's download, else Debian's package
 * (as root). Browser tests are never skipped: without a browser they fail and say what to install.
 */
final class Chromium {

    /** First the one without windows: it does the same to a page and costs less beside it. */
    private static final List<String> NAMES =
            List.of("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

    /** A name of this machine as somebody's network has one: a page from there is not in a secure context. */
    static final String PLAIN_HTTP = "holdfast.test";

    /** No sandbox, because tests run as root in containers; the rest keeps it from looking for the world outside. */
    private static final List<String> ARGUMENTS = List.of(
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--host-resolver-rules=MAP " + PLAIN_HTTP + " 127.0.0.1",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync");

    private static Browser browser;

    private Chromium() {}

    /** The browser of this JVM's tests, started at the first call. */
    static synchronized Browser get() {
        if (browser == null) {
            var executable = onThisMachine()
                    .or(Chromium::downloaded)
                    .or(Chromium::fromDebian)
                    .orElseThrow(Chromium::missing);
            browser = launch(executable);
            System.out.println("Browser tests use Chromium " + browser.version() + ", " + executable);
        }
        return browser;
    }

    private static Browser launch(Path executable) {
        var playwright = Playwright.create(new CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        return playwright
                .chromium()
                .launch(new LaunchOptions().setExecutablePath(executable).setArgs(ARGUMENTS));
    }

    private static Optional<Path> onThisMachine() {
        var named = Stream.ofNullable(System.getProperty("chromium")).map(Path::of);
        var folders = System.getenv().getOrDefault("PATH", "/usr/bin").split(":");
        var onPath = NAMES.stream().flatMap(name -> Arrays.stream(folders).map(folder -> Path.of(folder, name)));
        var onMac = Stream.of(
                        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                        "/Applications/Chromium.app/Contents/MacOS/Chromium")
                .map(Path::of);
        return Stream.of(named, onPath, onMac)
                .flatMap(each -> each)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Playwright keeps its download for the next time. */
    private static Optional<Path> downloaded() {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var classPath = System.getProperty("surefire.real.class.path", System.getProperty("java.class.path"));
        if (!run(300, java, "-cp", classPath, "com.microsoft.playwright.CLI", "install", "chromium"))
            return Optional.empty();
        try (var playwright =
                Playwright.create(new CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")))) {
            return Optional.of(Path.of(playwright.chromium().executablePath())).filter(Files::isExecutable);
        }
    }

    private static Optional<Path> fromDebian() {
        var isDebian = Files.exists(Path.of("/etc/debian_version"));
        if (!isDebian || !"root".equals(System.getProperty("user.name"))) return Optional.empty();
        run(300, "apt-get", "update");
        // the first of them that this release of Debian has
        Stream.of("chromium-headless-shell", "chromium")
                .anyMatch(name -> run(600, "apt-get", "install", "-y", "--no-install-recommends", name));
        return onThisMachine();
    }

    private static boolean run(int seconds, String... command) {
        System.out.println("No Chromium here: "
                + String.join(
                        " ", command[0].endsWith("java") ? new String[] {"playwright install chromium"} : command));
        try {
            var process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(seconds, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static AssertionError missing() {
        return new AssertionError(
                "Browser tests need Chromium, and neither this machine, Playwright's download nor Debian's package had one."
                        + " Install Chromium or Chrome so that it is on the PATH, or name it: ./mvnw verify -Dchromium=/path/to/chrome");
    }
}
