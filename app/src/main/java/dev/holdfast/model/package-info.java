/** From an agent's row to its model: one call per attempt, streamed, closable at any moment, its failures sorted. */
package dev.holdfast.model;
