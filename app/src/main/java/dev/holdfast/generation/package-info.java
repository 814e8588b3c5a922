/** The queue, its leases and fences: from a row that waits to work that one worker has claimed. All state changes are SQL functions. */
package dev.holdfast.generation;
