/**
 * Changed row to browser: one relay per process re-reads what changed and writes it to every browser that may
 * see it. It knows nothing of workers; rows are all they share.
 *
 * <p>The way of an event: {@link dev.holdfast.postgres.ListenConnection} hears a channel's id, {@code Wakeups}
 * collects it, {@code Relay} re-reads that channel from its cursor ({@code Changes}), {@code Wire} makes the bytes
 * once, {@code Audience} knows who may have them, {@code Subscriber} writes them without ever waiting.
 */
package dev.holdfast.feed;
