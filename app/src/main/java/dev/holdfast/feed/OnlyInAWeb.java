package dev.holdfast.feed;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import org.springframework.boot.autoconfigure.condition.ConditionalOnExpression;

/** A process with HOLDFAST_ROLE=worker has no feed. */
@Retention(RetentionPolicy.RUNTIME)
@ConditionalOnExpression("'${holdfast.role:all}'.toLowerCase() != 'worker'")
@interface OnlyInAWeb {}
