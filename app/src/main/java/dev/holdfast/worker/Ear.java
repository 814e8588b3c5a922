package dev.holdfast.worker;

import dev.holdfast.model.ModelEnd.Cut;
import dev.holdfast.model.ModelListener;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Hears the model and fills the reply's text, which the database may be late for but which has a bound. */
final class Ear implements ModelListener {
    private static final Cut TOO_LONG = new Cut(
            String.format(
                    Locale.ROOT,
                    "The reply was cut off at %,d characters, the most that one can hold. Ask for the rest, or lower the"
                            + " agent's maxTokens where its model goes round in circles.",
                    ReplyText.MOST),
            "too_long");

    private final Slot.Tools tools;
    private final Reply reply;
    private final Patience patience;
    private boolean spoken;
    private @Nullable Cut cut;

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
    public void said(String piece) {
        if (!spoken) tools.metrics().firstToken(reply);
        spoken = true;
        if (!reply.text.append(piece)) cut = TOO_LONG;
        patience.spoke();
        tools.toFlush().run();
    }

    @Override
    public @Nullable Cut cut() {
        return cut;
    }

    @Override
    public Duration slack() {
        return tools.slack().get();
    }
}
