package dev.holdfast.feed;

import java.util.UUID;

/** An account may read a channel, which has come to {@code seq}. */
record Membership(UUID account, UUID channel, long seq) {}
