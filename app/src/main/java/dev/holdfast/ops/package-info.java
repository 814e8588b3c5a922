/**
 * The page /ops and its REST calls: operators look, administrators act. What they do goes through the functions of schema
 * ops, the same that administrators call from psql.
 */
@org.jspecify.annotations.NullMarked
package dev.holdfast.ops;
