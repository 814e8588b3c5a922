package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Whoever sends 64 kB of nastiness gets no more than a moment of the database's time. */
@Tag("slow")
class MentionParserSpeedTest {

    private static final int SIZE = 65_536;
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

    @Test
    void no_nasty_text_takes_a_second() throws SQLException {
        Map<Long, String> slowest = new TreeMap<>();
        try (Connection connection = chat.pool().getConnection();
                var parse = connection.prepareStatement("select count(*) from chat.mentioned_handles(?)")) {
            var backend = new BackendClock(connection);
            for (String unit : NASTY) {
                for (String around : List.of("%s", "@ada `\n%s", "http://x %s @ada\n\n    ~~~")) {
                    parse.setString(
                            1,
                            around.formatted(unit.repeat(SIZE / unit.length() + 1))
                                    .substring(0, SIZE));
                    long start = backend.millis();
                    parse.execute();
                    slowest.put(backend.millis() - start, (around + " of " + unit).replace("\n", "\\n"));
                }
            }
        }
        System.out.println("The slowest 64 kB: "
                + new TreeMap<>(slowest)
                        .descendingMap().entrySet().stream().limit(5).toList());
        assertThat(slowest.keySet())
                .allSatisfy(millis -> assertThat(millis).as(slowest.get(millis)).isLessThan(1_000));
    }
}
