package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whoever sends kilobytes of nastiness gets no more than a moment of the database's time. */
@Tag("slow")
@Order(1)
class MentionParserSpeedTest {

    private static final int SIZE = 32_768;
    /** ms; the clock of the processor ticks in 10 */
    private static final long GRAIN = 100;
    /** A machine's hiccup can count as the server's own time; a square costs as much every time. */
    private static final int TRIES = 3;

    private static final List<String> NASTY = List.of(
            "@",
            "@a",
            "@a ",
            "a@",
            "@a.",
            "a.",
            "a-",
            "a+b.",
            "`",
            "`a",
            "` `` ``` ",
            "`a` ",
            "\\`",
            "\\",
            "``a`",
            "`@ada\\`",
            "\n",
            "a\n",
            "`\n",
            "\n\n`",
            "`a`\n\n",
            "> ",
            ">",
            "> `\n",
            "- ",
            "- a\n",
            "1. ",
            "- - `\n",
            "```\n",
            "~~~\n```\n",
            "    a\n",
            "\t",
            "    @ada\n\n",
            "www.",
            "http://",
            "a://",
            "http://(",
            "(((",
            "http://a(b)",
            "a.b/",
            "a.co/@a",
            "[a](",
            "](",
            "](@a)",
            "](<",
            "ﬀ@",
            "😀",
            "@ada @bert ",
            "@a-",
            "@a_-_",
            "\"",
            "_",
            "*",
            "# ",
            "#\n",
            "x".repeat(31) + "@",
            "@" + "x".repeat(40),
            "é@é.");

    @AutoClose
    private final Chat chat = new Chat();

    /** Four times the text costs some four times as much, never sixteen; below the grain of the clock all is well. */
    @Test
    void the_cost_grows_with_the_text_and_not_with_its_square() throws SQLException {
        var costs = new TreeMap<Long, String>();
        try (Connection connection = chat.pool().getConnection();
                var parse = connection.prepareStatement("select count(*) from chat.mentioned_handles(?)")) {
            var backend = new BackendClock(connection);
            for (String unit : NASTY) {
                for (String around : List.of("%s", "@ada `\n%s", "http://x %s @ada\n\n    ~~~")) {
                    String text = around.formatted(unit.repeat(SIZE / unit.length() + 1));
                    String name = (around + " of " + unit).replace("\n", "\\n");
                    long whole = cost(backend, parse, text.substring(0, SIZE));
                    long fourQuarters = 0;
                    for (int n = 0; n < TRIES && whole >= 2 * fourQuarters + GRAIN; n++) {
                        fourQuarters = 0;
                        for (int quarter = 0; quarter < 4; quarter++) {
                            fourQuarters += cost(backend, parse, text.substring(0, SIZE / 4));
                        }
                        whole = Math.min(whole, cost(backend, parse, text.substring(0, SIZE)));
                    }
                    assertThat(whole).as(name).isLessThan(2 * fourQuarters + GRAIN);
                    costs.put(whole, name);
                }
            }
        }
        System.out.println("The slowest 32 kB, ms: "
                + costs.descendingMap().entrySet().stream().limit(5).toList());
    }

    private static long cost(BackendClock backend, PreparedStatement parse, String text) throws SQLException {
        parse.setString(1, text);
        long start = backend.millis();
        parse.execute();
        return backend.millis() - start;
    }
}
