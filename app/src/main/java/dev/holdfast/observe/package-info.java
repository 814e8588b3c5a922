/**
 * What the whole system says of itself: the database-wide metrics and the health of what this process needs. Metrics of
 * one side alone (flushes, the feed) are registered where they arise.
 */
@org.jspecify.annotations.NullMarked
package dev.holdfast.observe;
