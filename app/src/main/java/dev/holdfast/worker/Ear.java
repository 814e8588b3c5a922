package dev.holdfast.worker;

import dev.holdfast.model.ModelListener;

/** Hears the model and fills the reply's text; waits for the database only when that has been away for a megabyte of text. */
final class Ear implements ModelListener {
    private final Slot.Tools tools;
    private final Reply reply;
    private final Limits limits;
    private boolean spoken;

    Ear(Slot.Tools tools, Reply reply, Limits limits) {
        this.tools = tools;
        this.reply = reply;
        this.limits = limits;
    }

    @Override
    public void alive() {
        limits.heard();
    }

    @Override
    public void said(String piece) throws InterruptedException {
        if (!spoken) tools.metrics().firstToken(reply);
        spoken = true;
        reply.text.append(piece);
        limits.spoke();
        tools.toFlush().run();
    }
}
