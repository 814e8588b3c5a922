package dev.holdfast.generation;

import java.util.UUID;

/** The answer for one reply of a batch. held: the fence still holds and what was asked is done; else nothing was written. */
public record Held(UUID message, boolean held) {}
