package dev.holdfast.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplyTextTest {
    private final ReplyText text = new ReplyText();

    private void append(String... pieces) {
        for (String piece : pieces) {
            text.append(piece);
        }
    }

    @Test
    void half_an_emoji_is_held_back_until_it_is_whole() {
        append("a\ud83d");
        assertThat(text.whole()).isEqualTo("a");
        append("\ude00b");
        assertThat(text.whole()).isEqualTo("a😀b");
    }

    @Test
    void a_half_that_never_becomes_whole_is_replaced() {
        append("a\ud83d", "b\ude00c", "\ud83d\ud83d\ude00", "d\ud83d");
        assertThat(text.end()).isEqualTo("a\ufffdb\ufffdc\ufffd😀d\ufffd");
    }

    @Test
    void nul_is_stripped_also_between_the_halves_of_a_pair() {
        append("a\u0000b", "\u0000", "\ud83d\u0000", "\u0000\ude00");
        assertThat(text.end()).isEqualTo("ab😀");
    }

    @Test
    void a_piece_for_the_rows_never_ends_inside_a_pair() {
        append("ab😀cd");
        assertThat(text.from(0, 3)).isEqualTo("ab");
        assertThat(text.from(2, 2)).isEqualTo("😀");
        assertThat(text.from(4, 100)).isEqualTo("cd");
        assertThat(text.from(6, 100)).isEmpty();
    }

    @Test
    void any_units_in_any_pieces_are_what_postgres_can_store() {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        var random = new Random(seed);
        char[] some = {'a', 'é', '漢', 0, '\ud83d', '\ude00', '\ud800', '\udfff', '\n'};
        var said = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            var piece = new StringBuilder();
            for (int units = random.nextInt(4); units >= 0; units--) {
                piece.append(some[random.nextInt(some.length)]);
            }
            said.append(piece);
            append(piece.toString());
        }
        String expected = new String(
                said.toString().replace("\u0000", "").getBytes(StandardCharsets.UTF_16), StandardCharsets.UTF_16);
        assertThat(text.end()).as("seed %d", seed).isEqualTo(expected);
    }

    @Test
    void what_there_is_no_room_for_is_left_out_and_no_half_of_a_pair_stays() {
        String most = "x".repeat(ReplyText.MOST - 1);
        assertThat(text.append(most)).isTrue();
        assertThat(text.append("😀")).isFalse();
        assertThat(text.end()).isEqualTo(most);
        assertThat(text.append("y")).isTrue();
        assertThat(text.append("z\ud83d")).isFalse();
        assertThat(text.end()).isEqualTo(most + "y");
    }
}
