package dev.holdfast.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.UUID;

/** A person beside the replies: posts a message and reads the channel's newest page, again and again. */
final class Person {

    private static final int PAUSE_MILLIS = 600; // within the 120 messages a minute that a person may post

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI messages;
    private final String cookie;

    /** Signed in as the reader of the first channel, in a channel where no agent writes. */
    Person(Streams streams) {
        cookie = streams.cookie(0);
        var aside = streams.jdbc.queryForObject("""
                with aside as (insert into chat.channel (name) values ('aside') returning id)
                insert into chat.membership (channel_id, account_id)
                select aside.id, account.id from aside, chat.account where handle = 'reader-0-1'
                returning channel_id
                """, UUID.class);
        messages = URI.create(streams.holdfast.uri() + "/api/channels/" + aside + "/messages");
    }

    /** What the two calls took together, in ms, sorted. */
    double[] chat(int seconds) throws IOException, InterruptedException {
        var took = new ArrayList<Long>();
        for (long until = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < until; ) {
            long began = System.nanoTime();
            send(HttpRequest.newBuilder(messages)
                    .header("Content-Type", "application/json")
                    .header("X-XSRF-TOKEN", cookie.substring(cookie.lastIndexOf('=') + 1))
                    .POST(BodyPublishers.ofString(
                            "{\"id\": \"%s\", \"content\": \"hello\"}".formatted(UUID.randomUUID()))));
            send(HttpRequest.newBuilder(messages));
            took.add(System.nanoTime() - began);
            Thread.sleep(PAUSE_MILLIS);
        }
        return Streams.millis(took.stream().mapToLong(Long::longValue).toArray());
    }

    private void send(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = http.send(request.header("Cookie", cookie).build(), BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new IllegalStateException(
                    "a person's call was answered with " + answer.statusCode() + ": " + answer.body());
        }
    }
}
