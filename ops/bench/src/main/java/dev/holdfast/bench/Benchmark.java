package dev.holdfast.bench;

/** One goal: what is compared, and how. Measures once, in its own databases, and leaves nothing behind. */
interface Benchmark {

    /** The goal's number, or a word for what is measured beside the goals. */
    String name();

    /** What is compared, in one line. */
    String title();

    void run(Report report) throws Exception;
}
