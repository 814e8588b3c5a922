package dev.holdfast.postgres;

/**
 * Hears what a {@link ListenConnection} hears. A notification is a hint: it may be lost, doubled or late, so a
 * listener re-reads rows by cursor and never trusts a notification to be the whole story.
 *
 * <p>Both methods run on a thread that the connection lives on and must return at once: note what is to do, wake a
 * thread of your own, return.
 */
public interface NotificationListener {

    /** Something was notified on one of the channels subscribed to. */
    void onNotification(String channel, String payload);

    /** LISTEN has just taken effect, at first or again: whatever was notified before is lost, so re-read. */
    void onReconnected();
}
