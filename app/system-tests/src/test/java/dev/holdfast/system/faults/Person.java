package dev.holdfast.system.faults;

import dev.holdfast.system.faults.History.Version;
import dev.holdfast.system.faults.History.Written;
import dev.holdfast.testing.FeedStore.Stored;
import dev.holdfast.testing.SimulatedBrowser;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

/**
 * Somebody at a browser: writes, mentions agents, sends twice, edits, deletes, stops, retries, goes offline and comes
 * back, each action sent until it is answered, as an outbox does. What happens is a matter of the seed alone.
 */
final class Person implements Runnable {

    private static final Duration LONGEST = Duration.ofSeconds(8);
    private static final int CUT_SHORT = 408; // what was sent arrived in part: through a black hole, say

    private final int number;
    private final Random random;
    private final List<UUID> channels;
    private final Servers servers;
    private final History history;
    private final int pauseMillis;
    private final List<Written> mine = new ArrayList<>();
    final SimulatedBrowser browser;
    private volatile boolean going = true;
    private boolean calm;

    Person(int number, long seed, List<UUID> channels, Servers servers, History history, int pauseMillis) {
        this.number = number;
        this.random = new Random(seed * 1_000_003 + number);
        this.channels = channels;
        this.servers = servers;
        this.history = history;
        this.pauseMillis = pauseMillis;
        browser = new SimulatedBrowser(servers.any(random)).patience(LONGEST);
    }

    /** @param on asks for nothing that goes wrong */
    Person calm(boolean on) {
        calm = on;
        return this;
    }

    Person signIn() {
        browser.signIn("person-" + number, Installation.PASSWORD).goOnline();
        return this;
    }

    List<UUID> channels() {
        return channels;
    }

    /** The action under way is still finished. */
    void leave() {
        going = false;
    }

    @Override
    public void run() {
        while (going) {
            Installation.pause(random.nextInt(pauseMillis * 2) + 1);
            act(random.nextInt(100));
            watch();
        }
        browser.goOnline();
    }

    /** As the page does: a feed without heads is dead. */
    void watch() {
        if (browser.connected() && browser.silence().compareTo(Duration.ofSeconds(35)) > 0) browser.hangUp();
        if (browser.lastStatus() == 401) {
            history.violation("person-" + number + " was signed out");
            going = false;
        }
    }

    private void act(int dice) {
        if (dice < 25) write("");
        else if (dice < 55) write(mention());
        else if (dice < 60) write(mention() + mention());
        else if (dice < 68) edit();
        else if (dice < 72) delete();
        else if (dice < 80) onReply("stop", true);
        else if (dice < 88) onReply("retry", false);
        else if (dice < 92) browser.hangUp();
        else if (dice < 96) offline();
        else browser.moveTo(servers.any(random));
    }

    private void offline() {
        browser.goOffline();
        Installation.pause(500 + random.nextInt(5_000));
        browser.goOnline();
    }

    /** A mention with a script for the model, now and then one that goes wrong once or at every attempt. */
    private String mention() {
        var agent = Installation.AGENTS.get(random.nextInt(Installation.AGENTS.size()));
        var kinds = List.of("words", "emoji", "rtl", "combining", "markdown", "mixed", "nul");
        var script = new StringBuilder("[[numbered=yes words=")
                .append(5 + random.nextInt(90))
                .append(" pace=")
                .append(20 + random.nextInt(80))
                .append(" kind=")
                .append(kinds.get(random.nextInt(kinds.size())))
                .append(" seed=")
                .append(random.nextInt(1_000_000))
                .append(" split=")
                .append(List.of("words", "bytes", "words").get(random.nextInt(3)));
        if (!calm && random.nextInt(100) < 30) {
            var faults = List.of(
                    "rate_limited retry=1",
                    "server_error",
                    "overloaded",
                    "drop",
                    "silence",
                    "stall_first",
                    "stall",
                    "cut",
                    "cut_clean",
                    "rubbish",
                    "error_event",
                    "empty",
                    "refused",
                    "bad_key");
            script.append(" fault=")
                    .append(faults.get(random.nextInt(faults.size())))
                    .append(" after=")
                    .append(random.nextInt(12));
            if (random.nextInt(4) > 0) script.append(" times=").append(1 + random.nextInt(2));
        }
        return " @" + agent + " " + script + "]]";
    }

    /** @return the message, once it is acknowledged */
    Written write(String mention) {
        var nonce = history.nonce();
        var message = new Written(
                number,
                channels.get(random.nextInt(channels.size())),
                nonce,
                "message " + nonce + " of person-" + number + mention);
        history.add(message);
        if (random.nextInt(8) == 0) repeat(message, 2 + random.nextInt(9));
        var answer = untilAnswered(
                message.first(),
                "POST",
                "/api/channels/" + message.channel + "/messages",
                Map.of("id", message.id, "content", message.first().content));
        if (answer.statusCode() / 100 == 2) {
            mine.add(message);
            history.count("messages acknowledged");
        } else {
            history.violation("person-" + number + "'s message " + message.id + " was refused: " + answer.statusCode()
                    + " " + answer.body());
        }
        return message;
    }

    /** The same post many times at once, through different servers, some left behind on their way. */
    private void repeat(Written message, int times) {
        message.first().ambiguous = true;
        history.count("posts repeated in parallel");
        for (var n = 0; n < times; n++) {
            browser.moveTo(servers.any(random));
            Thread.ofVirtual().start(() -> {
                try {
                    browser.post(message.channel, message.id, message.first().content);
                } catch (UncheckedIOException e) {
                    // cut: the outbox sends it again
                }
            });
        }
    }

    private void edit() {
        if (mine.isEmpty()) return;
        var message = mine.get(random.nextInt(mine.size()));
        if (message.deleteTried) return;
        var version = new Version(
                "message " + message.nonce + " edited " + history.nonce() + (random.nextInt(3) == 0 ? mention() : ""));
        message.versions.add(version);
        var answer = untilAnswered(version, "PATCH", "/api/messages/" + message.id, Map.of("content", version.content));
        history.count("edits");
        if (answer.statusCode() != 200) refused("edit", message, answer);
    }

    private void delete() {
        if (mine.isEmpty()) return;
        var message = mine.get(random.nextInt(mine.size()));
        message.deleteTried = true;
        var answer = untilAnswered(new Version(""), "DELETE", "/api/messages/" + message.id, null);
        history.count("deletes");
        if (answer.statusCode() / 100 == 2) message.deleteAcknowledged = true;
        else refused("delete", message, answer);
    }

    private void refused(String verb, Written message, HttpResponse<String> answer) {
        history.violation("person-" + number + " could not " + verb + " " + message.id + ": " + answer.statusCode()
                + " " + answer.body());
    }

    private void onReply(String verb, boolean running) {
        var channel = channels.get(random.nextInt(channels.size()));
        var replies = browser.messages(channel).values().stream()
                .filter(message -> message.json().has("generation")
                        && !message.json().get("deleted").asBoolean())
                .filter(message -> running(message) == running)
                .map(Stored::id)
                .sorted()
                .toList();
        if (replies.isEmpty()) return;
        var reply = replies.get(random.nextInt(replies.size()));
        var answer = untilAnswered(new Version(""), "POST", "/api/messages/" + reply + "/" + verb, null);
        history.count(verb + (answer.statusCode() == 200 ? "" : " refused " + answer.statusCode()));
        if (answer.statusCode() != 200 && answer.statusCode() != 409) {
            history.violation("person-" + number + "'s " + verb + " of " + reply + ": " + answer.statusCode() + " "
                    + answer.body());
        }
    }

    private static boolean running(Stored message) {
        return List.of("queued", "thinking", "streaming").contains(message.status());
    }

    /** Sends until there is an answer that a repeat wouldn't change. */
    private HttpResponse<String> untilAnswered(Version version, String method, String path, Object body) {
        while (true) {
            try {
                var answer = browser.send(method, path, body);
                if (answer.statusCode() < 500 && answer.statusCode() != 429 && answer.statusCode() != CUT_SHORT) {
                    version.acknowledged = answer.statusCode() / 100 == 2;
                    return answer;
                }
                history.count("answers " + answer.statusCode());
                if (answer.statusCode() != 503 && answer.statusCode() != CUT_SHORT)
                    unexpected(method + " " + path + ": " + answer.statusCode() + " " + answer.body());
                version.ambiguous = true;
            } catch (UncheckedIOException e) {
                history.count("requests cut or timed out");
                version.ambiguous = true;
                browser.moveTo(servers.any(random));
            }
            Installation.pause(100 + random.nextInt(400));
        }
    }

    /** A database that is away is a 503; anything else is a mistake of the program. */
    private void unexpected(String what) {
        history.violation("person-" + number + " got an answer that isn't 503: " + what);
    }
}
