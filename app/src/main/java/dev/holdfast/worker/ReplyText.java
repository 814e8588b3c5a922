package dev.holdfast.worker;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * All the text of a reply so far, as Postgres can store it: without NUL, and without lone halves of surrogate pairs. A
 * half at the end waits for its other one. What is not yet durable is bounded: the writer waits for the flusher. Thread-safe
 * for one writer and one flusher.
 */
final class ReplyText {
    static final int MOST_AHEAD = 1_000_000;
    private static final char REPLACEMENT = '\uFFFD';

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private final StringBuilder text = new StringBuilder();
    private char half; // the first half of a pair whose second has not come; 0: none
    private int durable;
    private boolean abandoned;

    /** Waits while too much of the text is not durable. */
    void append(String piece) throws InterruptedException {
        lock.lock();
        try {
            while (tooFarAhead()) {
                room.await();
            }
            for (int i = 0; i < piece.length(); i++) {
                append(piece.charAt(i));
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean tooFarAhead() {
        return text.length() - durable > MOST_AHEAD && !abandoned;
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

    /** Whether the writer waits for room. */
    boolean full() {
        lock.lock();
        try {
            return tooFarAhead();
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

    /** The rows hold the text up to here. */
    void durable(int end) {
        lock.lock();
        try {
            durable = end;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody will write it any more: whoever waits for room goes on. */
    void abandon() {
        lock.lock();
        try {
            abandoned = true;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
