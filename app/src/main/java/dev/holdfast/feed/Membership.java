package dev.holdfast.feed;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An account may read a channel, which has come to {@code seq} with a change of the message {@code lastChanged}, and has read it
 * up to {@code lastReadSeq}.
 */
record Membership(
        UUID account, UUID channel, long seq, @Nullable UUID lastChanged, long lastReadSeq) {}
