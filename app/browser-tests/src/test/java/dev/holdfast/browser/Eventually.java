package dev.holdfast.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.JsonNode;

/** What must become true, looked at until it is: also what a page must wait for to know, as the answer of waitForFunction must be no promise. */
final class Eventually {

    private Eventually() {}

    static void eventually(String what, Duration longest, BooleanSupplier condition) {
        var deadline = Instant.now().plus(longest);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline))
                throw new AssertionError(what + " did not become true within " + longest);
            pause(50);
        }
    }

    /** Both stores and the database come to say the same of a channel. */
    static void equal(Holdfast holdfast, String channel, Duration longest, Person... people) {
        var deadline = Instant.now().plus(longest);
        for (; ; ) {
            try {
                var database = essence(holdfast.messages(channel));
                for (var person : people) {
                    assertThat(essence(person.stored(channel)))
                            .as("the store of %s", person.handle)
                            .isEqualTo(database);
                }
                return;
            } catch (AssertionError difference) {
                if (Instant.now().isAfter(deadline)) throw difference;
                pause(200);
            }
        }
    }

    private static List<String> essence(List<JsonNode> messages) {
        return messages.stream()
                .map(each -> "%s %s seq %s %s%s «%s»"
                        .formatted(
                                each.path("id").stringValue(),
                                each.path("status").stringValue(),
                                each.path("seq").asString(),
                                each.path("author").path("handle").stringValue(),
                                each.path("deleted").asBoolean() ? " deleted" : "",
                                each.path("content").stringValue("")))
                .toList();
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
