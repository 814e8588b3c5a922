package dev.holdfast.web;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** Only where this process serves people: with HOLDFAST_ROLE=worker there is no such bean. */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Conditional(WebSide.Serves.class)
public @interface WebSide {

    /** The role is read from the environment, because conditions are judged before settings are bound. */
    final class Serves implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !"worker".equalsIgnoreCase(context.getEnvironment().getProperty("holdfast.role", "all"));
        }
    }
}
