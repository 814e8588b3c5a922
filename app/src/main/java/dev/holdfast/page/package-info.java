/**
 * The page as the server knows it: which files it is made of, what release they are, and how they are served.
 * What the page does is in {@code resources/static}.
 */
@NullMarked
package dev.holdfast.page;

import org.jspecify.annotations.NullMarked;
