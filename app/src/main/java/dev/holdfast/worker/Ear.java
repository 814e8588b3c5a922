package dev.holdfast.worker;

import dev.holdfast.model.ModelListener;
import java.time.Duration;

/** Hears the model and fills the reply's text; waits for the database only when that has been away for a megabyte of text. */
final class Ear implements ModelListener {
    private final Slot.Tools tools;
    private final Reply reply;
    private final Patience patience;
    private boolean spoken;

    Ear(Slot.Tools tools, Reply reply, Patience patience) {
        this.tools = tools;
        this.reply = reply;
        this.patience = patience;
    }

    @Override
    public void alive() {
        patience.heard();
    }

    @Override
    public void said(String piece) throws InterruptedException {
        if (!spoken) tools.metrics().firstToken(reply);
        spoken = true;
        reply.text.append(piece);
        patience.spoke();
        tools.toFlush().run();
    }

    @Override
    public Duration slack() {
        return tools.slack().get();
    }
}
