package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testing.ModelServer;
import dev.holdfast.testing.Script;
import dev.holdfast.testing.Texts;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import okio.Buffer;
import okio.BufferedSource;
import okio.ForwardingSource;
import okio.Okio;
import okio.Pipe;
import okio.Source;
import okio.Timeout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.prompt.Prompt;
import tools.jackson.databind.json.JsonMapper;

/** With slack all that can be gathered in it is; with none an event is there at once. */
@org.junit.jupiter.api.Timeout(60)
class GatheredEventsTest {
    private static final Duration A_WHILE = Duration.ofMillis(500);
    private static final String DONE = "data: [DONE]\n\n";

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Pipe wire = new Pipe(1_000_000);
    private final List<GatheredEvents> opened = new ArrayList<>();

    @AfterEach
    void whoever_reads_ahead_ends_with_its_reader() throws Exception {
        opened.forEach(GatheredEvents::close);
        threads.shutdown();
        assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void the_first_event_is_there_at_once_and_all_that_follow_become_one() throws Exception {
        var events = gathered(A_WHILE);
        send(said("It "));
        assertThat(next(events)).isEqualTo(said("It "));
        // in one: whoever reads ahead rests after a piece that it has waited for, and the next comes after that
        send(said("holds \\\"") + said("\\\\") + said("every\\n") + said("r\u00e9ply") + said(".") + DONE);
        wire.sink().close();
        assertThat(rest(events)).isEqualTo(said("holds \\\"\\\\every\\nr\u00e9ply.") + DONE);
    }

    @Test
    void without_slack_nothing_waits() throws Exception {
        var events = gathered(Duration.ZERO);
        for (var word : List.of("every ", "reply ", "holds")) {
            send(said(word));
            assertThat(next(events)).isEqualTo(said(word));
        }
    }

    @Test
    void who_has_slack_is_not_woken_for_each_token() throws Exception {
        var made = new AtomicInteger();
        var atItsPace = new Endless(() -> {
            LockSupport.parkNanos(5_000_000);
            made.incrementAndGet();
            return said("x");
        });
        var events = gathered(Okio.buffer((Source) atItsPace), A_WHILE);
        for (int n = 0; n < 4; n++) next(events);
        assertThat(made.get()).as("a hundred in each while").isLessThan(20);
    }

    @Test
    void what_is_read_ahead_is_bounded_and_much_of_it_does_not_wait() throws Exception {
        var made = new AtomicInteger();
        var endless = new Endless(() -> said("x", "\"id\":" + made.incrementAndGet() + ","));
        var events = gathered(Okio.buffer((Source) endless), A_WHILE);
        next(events);
        next(events);
        assertThat(made.get() * said("x").length()).isLessThan(200_000);
        for (int n = 0; n < 100; n++) {
            assertThat(next(events)).as("piece " + n).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"a\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\": \"a\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n",
                "data: {\"choices\":[{\"delta\":{\"content\":null}}]}\n\n",
                ": still here\n\n",
                DONE
            })
    void what_differs_in_more_than_its_text_is_left_as_it_was(String event) throws Exception {
        assertThat(afterTheFirst(said("b"), event, said("b"))).isEqualTo(said("b") + event + said("b"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}},{\"delta\":{\"content\":\"a\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a",
                "data: {\"choices\":[{\"delta\":{\"content\":\"a\\",
                "data: {\"choices\":[{\"delta\":{\"content\":null}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"content\":\"\",\"reasoning_content\":\" ha\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"a\"}}]}\n\n",
                "event: said\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
                ": still here\n\n",
                "\n",
                DONE
            })
    void what_has_no_text_of_its_own_is_left_as_often_as_it_came(String event) throws Exception {
        assertThat(afterTheFirst(event, event, event)).isEqualTo(event.repeat(3));
    }

    /** What becomes of these pieces once the reader has slack. */
    private String afterTheFirst(String... pieces) throws IOException {
        var events = gathered(A_WHILE);
        send(DONE);
        next(events);
        send(pieces);
        wire.sink().close();
        return rest(events);
    }

    @Test
    void no_text_is_lost_however_the_body_comes() throws Exception {
        var random = new Random(23);
        for (var kind : Texts.Kind.values()) {
            String text = Texts.ofLength(kind, 3000, 7);
            var body = new StringBuilder();
            for (int begin = 0, end; begin < text.length(); begin = end) {
                end = Math.min(text.length(), begin + 1 + random.nextInt(9));
                body.append(said(escaped(text.substring(begin, end))))
                        .append(random.nextInt(20) == 0 ? ": still here\n\n" : "");
            }
            body.append(DONE);
            var source = new Buffer().writeUtf8(body.toString());
            var inPieces = new ForwardingSource(source) {
                @Override
                public long read(Buffer sink, long byteCount) throws IOException {
                    return super.read(sink, 1 + random.nextInt(300));
                }
            };
            String read = rest(gathered(Okio.buffer(inPieces), random.nextBoolean() ? A_WHILE : Duration.ZERO));
            assertThat(texts(read)).as(kind.toString()).isEqualTo(text);
            assertThat(read).endsWith(DONE);
        }
    }

    @Test
    void a_body_that_breaks_is_read_up_to_there() throws Exception {
        var words = List.of("half ", "a ", "reply").iterator();
        var broken = new Endless(() -> {
            if (!words.hasNext()) throw new IOException("the line is dead");
            return said(words.next());
        });
        var events = gathered(Okio.buffer((Source) broken), A_WHILE);
        var read = new Buffer();
        assertThatThrownBy(() -> read.writeAll(events)).hasMessage("the line is dead");
        assertThat(texts(read.readUtf8())).isEqualTo("half a reply");
    }

    @Test
    void no_error_leaves_the_reader_waiting() {
        var events = gathered(
                Okio.buffer((Source) new Endless(() -> {
                    throw new OutOfMemoryError("of this test");
                })),
                A_WHILE);
        assertThatThrownBy(() -> next(events)).isInstanceOf(IOException.class).hasMessageContaining("of this test");
    }

    /** The whole way, through OpenAI's client and Spring AI. */
    @Test
    void who_has_slack_hears_many_tokens_in_few_pieces_and_who_has_none_hears_all_the_same() throws Exception {
        try (var server = ModelServer.start();
                var models = TestModels.all(server)) {
            for (var slack : List.of(A_WHILE, Duration.ZERO)) {
                for (var kind : Texts.Kind.values()) {
                    String text = Texts.ofWords(kind, 60, 11);
                    var pieces = new ArrayList<String>();
                    server.on("gathered", Script.says(text));
                    try (var call =
                            models.call(agent(), question(), UUID.randomUUID().toString(), new Heard(pieces, slack))) {
                        assertThat(call.end(Duration.ofSeconds(60))).isInstanceOf(ModelEnd.Ended.class);
                    }
                    assertThat(String.join("", pieces)).isEqualTo(text);
                    if (slack.equals(A_WHILE)) assertThat(pieces).hasSizeLessThan(20);
                }
            }
        }
    }

    private record Heard(List<String> pieces, Duration slack) implements ModelListener {
        @Override
        public void alive() {}

        @Override
        public void said(String piece) {
            pieces.add(piece);
        }
    }

    private static Agent agent() {
        var limit = Duration.ofSeconds(30);
        return new Agent(
                UUID.randomUUID(), "ada", "Ada", Agent.Provider.OPENAI, "gathered", "", "{}", limit, limit, limit);
    }

    private static Prompt question() {
        return new Prompt(List.of(new UserMessage("hello")));
    }

    private interface Piece {
        String next() throws IOException;
    }

    /** A body without an end. */
    private record Endless(Piece piece) implements Source {
        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            String next = piece.next();
            sink.writeUtf8(next);
            return next.length();
        }

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {}
    }

    private GatheredEvents gathered(Duration slack) {
        return gathered(Okio.buffer(wire.source()), slack);
    }

    private GatheredEvents gathered(BufferedSource body, Duration slack) {
        var events = new GatheredEvents(body, wire::cancel, () -> slack, threads);
        opened.add(events);
        return events;
    }

    private void send(String... pieces) throws IOException {
        for (var piece : pieces) {
            var bytes = new Buffer().writeUtf8(piece);
            wire.sink().write(bytes, bytes.size());
        }
    }

    private static String next(GatheredEvents events) throws IOException {
        var read = new Buffer();
        events.read(read, 8192);
        return read.readUtf8();
    }

    private static String rest(GatheredEvents events) throws IOException {
        var read = new Buffer();
        read.writeAll(events);
        return read.readUtf8();
    }

    private static String said(String text) {
        return said(text, "");
    }

    private static String said(String text, String more) {
        return "data: {" + more + "\"choices\":[{\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
    }

    /** As many servers send whatever is not ASCII: half a pair may be the end of one token, and its other the next. */
    private static String escaped(String text) {
        return text.chars()
                .mapToObj(c ->
                        c < 127 && c > ' ' && c != '"' && c != '\\' ? Character.toString(c) : "\\u%04x".formatted(c))
                .collect(Collectors.joining());
    }

    private static String texts(String events) {
        var text = new StringBuilder();
        for (String line : events.split("\n")) {
            if (!line.startsWith("data: {")) continue;
            text.append(new JsonMapper()
                    .readTree(line.substring("data: ".length()))
                    .at("/choices/0/delta/content")
                    .asString());
        }
        return text.toString();
    }
}
