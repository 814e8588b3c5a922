package dev.holdfast.bench;

import java.util.Random;

/** Text that compresses as English does (PostgreSQL stores it in about 0.56 of its size): 500 words, a few of them most of the time. The same for the same seed. */
final class Prose {

    private static final String LETTERS =
            "eeeeeeeeeeeetttttttttaaaaaaaaooooooooiiiiiiinnnnnnnssssssrrrrrrhhhhhhddddlllluuucccmmmffyywwggppbbvkxqjz";
    private static final String[] WORDS = words();

    private Prose() {}

    static String ofLength(int length, long seed) {
        var random = new Random(seed);
        var text = new StringBuilder(length + 16);
        while (text.length() < length) {
            double rank = Math.pow(random.nextDouble(), 4); // most of the text from a small part of the words
            text.append(WORDS[(int) (rank * WORDS.length)]).append(' ');
        }
        text.setLength(length);
        return text.toString();
    }

    private static String[] words() {
        var random = new Random(1);
        var words = new String[500];
        for (int i = 0; i < words.length; i++) {
            var word = new StringBuilder();
            for (int letters = 2 + random.nextInt(i < 100 ? 3 : 8); letters > 0; letters--) {
                word.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
            }
            words[i] = word.toString();
        }
        return words;
    }
}
