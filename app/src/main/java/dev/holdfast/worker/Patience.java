package dev.holdfast.worker;

import dev.holdfast.model.Agent;
import dev.holdfast.model.Failure;
import dev.holdfast.model.Failure.GiveUp;
import dev.holdfast.model.Failure.TryAgain;
import java.time.Duration;

/**
 * The agent's patience with its model: for the first word, between words, and in all. The thread that hears the model
 * notes its signs of life, the slot's looks at them.
 */
final class Patience {
    private static final String REMEDY = "an administrator can allow more on the page /agents";

    private final Agent agent;
    private final long began = System.nanoTime();
    private volatile long heard = began;
    private volatile boolean spoke;

    Patience(Agent agent) {
        this.agent = agent;
    }

    /** The model gave a sign of life. */
    void heard() {
        heard = System.nanoTime();
    }

    void spoke() {
        heard();
        spoke = true;
    }

    /** How long the model may still be silent; zero: the patience is over. */
    Duration left() {
        Duration forWord = (spoke ? agent.idleLimit() : agent.firstTokenLimit()).minus(since(heard));
        Duration inAll = agent.totalLimit().minus(since(began));
        Duration left = forWord.compareTo(inAll) < 0 ? forWord : inAll;
        return left.isNegative() ? Duration.ZERO : left;
    }

    /** When to look again: the limit between words may be the shorter one, and counts from the first word on. */
    Duration untilNextLook() {
        Duration left = left();
        return left.compareTo(agent.idleLimit()) < 0 ? left : agent.idleLimit();
    }

    /** Whether the time for the whole reply is over, however lively the model is. */
    boolean over() {
        return since(began).compareTo(agent.totalLimit()) >= 0;
    }

    /** Which limit was passed. */
    Failure passed() {
        if (over()) {
            return new GiveUp(
                    "The reply took longer than the " + words(agent.totalLimit()) + " that @" + agent.handle()
                            + " may take; " + REMEDY + ".",
                    "total_timeout");
        }
        return spoke
                ? new TryAgain("the model fell silent for " + words(agent.idleLimit()) + "; " + REMEDY, "idle_timeout")
                : new TryAgain(
                        "the model did not answer within " + words(agent.firstTokenLimit()) + "; " + REMEDY,
                        "first_token_timeout");
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }

    private static String words(Duration duration) {
        return duration.toSeconds() >= 120 ? duration.toMinutes() + " minutes" : duration.toMillis() / 1000.0 + " s";
    }
}
