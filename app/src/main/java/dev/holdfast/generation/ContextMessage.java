package dev.holdfast.generation;

import java.util.UUID;

/** A message of the channel as the agent is shown it. own: the agent wrote it itself. */
public record ContextMessage(UUID id, String handle, String displayName, String content, boolean own) {}
