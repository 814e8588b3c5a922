package dev.holdfast.worker;

import java.util.concurrent.locks.ReentrantLock;

/**
 * All the text of a reply so far, as Postgres can store it: without NUL, and without lone halves of surrogate pairs. A
 * half at the end waits for its other one. Thread-safe for one writer and one flusher.
 */
final class ReplyText {
    /** UTF-16 code units: whatever they are, they fold in less than a second, and a statement may take 8. */
    static final int MOST = 500_000;

    private static final char REPLACEMENT = '\uFFFD';

    private final ReentrantLock lock = new ReentrantLock();
    private final StringBuilder text = new StringBuilder();
    private char half; // the first half of a pair whose second has not come; 0: none

    /** @return whether there was room for all of it; what there was none for is left out */
    boolean append(String piece) {
        lock.lock();
        try {
            for (int i = 0; i < piece.length(); i++) {
                append(piece.charAt(i));
            }
            if (text.length() <= MOST) return true;
            text.setLength(Character.isHighSurrogate(text.charAt(MOST - 1)) ? MOST - 1 : MOST);
            half = 0;
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void append(char c) {
        if (c == 0) return;
        if (half != 0 && Character.isLowSurrogate(c)) {
            text.append(half).append(c);
            half = 0;
            return;
        }
        endHalf();
        if (Character.isHighSurrogate(c)) {
            half = c;
        } else {
            text.append(Character.isLowSurrogate(c) ? REPLACEMENT : c);
        }
    }

    private void endHalf() {
        if (half != 0) text.append(REPLACEMENT);
        half = 0;
    }

    /** No more will come: a half that still waits is replaced. @return the whole text */
    String end() {
        lock.lock();
        try {
            endHalf();
            return text.toString();
        } finally {
            lock.unlock();
        }
    }

    String whole() {
        lock.lock();
        try {
            return text.toString();
        } finally {
            lock.unlock();
        }
    }

    int length() {
        lock.lock();
        try {
            return text.length();
        } finally {
            lock.unlock();
        }
    }

    /** What comes after this offset, at most so much of it, never half a pair. */
    String from(int start, int most) {
        lock.lock();
        try {
            int end = Math.min(text.length(), start + most);
            if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) end--;
            return text.substring(start, end);
        } finally {
            lock.unlock();
        }
    }
}
