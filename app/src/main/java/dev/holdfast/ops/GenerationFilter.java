package dev.holdfast.ops;

import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which generations to list, newest first.
 *
 * @param state one of the five states, or stuck; null: all
 * @param minAge seconds since it was asked for, at least
 * @param before only ids below this one: the next page
 */
record GenerationFilter(
        @Nullable String state,
        @Nullable String agent,
        @Nullable String channel,
        @Nullable Long minAge,
        @Nullable Integer limit,
        @Nullable Long before) {

    private static final Set<String> STATES = Set.of("queued", "running", "completed", "failed", "cancelled", "stuck");

    /** In seconds; what lies beyond the calendar of Postgres it cannot subtract. */
    private static final long TEN_YEARS = 315_360_000;

    GenerationFilter {
        if (state != null && !STATES.contains(state)) {
            throw Problem.invalid(
                    "There is no state \"%s\". Use queued, running, completed, failed, cancelled or stuck."
                            .formatted(state));
        }
        Bounds.within("limit", limit, 500);
        if (before != null && before < 1) {
            throw Problem.invalid("before is %d; it is the id of a generation, which are from 1.".formatted(before));
        }
        mustBeAnAge("minAge", minAge);
    }

    static void mustBeAnAge(String field, @Nullable Long seconds) {
        if (seconds != null && (seconds < 0 || seconds > TEN_YEARS)) {
            throw Problem.invalid("%s is %d; it is in seconds and has to be between 0 and %d, which is ten years."
                    .formatted(field, seconds, TEN_YEARS));
        }
    }

    int most() {
        return limit == null ? 50 : limit;
    }

    /** How far back a search goes that no index serves: by agent or channel among those that have ended. */
    private static final int REACH = 100_000;

    /** Only the conditions that are asked for: the planner then finds the partial index of the state. */
    String where(List<Object> values) {
        var conditions = new ArrayList<>(List.of("true"));
        if (state != null && !state.equals("stuck")) conditions.add("g.state = '" + state + "'"); // one of STATES
        if (state != null && state.equals("stuck")) conditions.add("s.id is not null");
        add(conditions, values, "g.agent = ?", agent);
        add(conditions, values, "g.channel = ?", channel);
        add(conditions, values, "g.id < ?", before);
        add(conditions, values, "g.queued_at <= now() - make_interval(secs => ?::float8)", minAge);
        if ((agent != null || channel != null)
                && (state == null || state.equals("completed") || state.equals("cancelled"))) {
            add(
                    conditions,
                    values,
                    "g.id >= least(?::bigint, (select max(id) from chat.generation)) - " + REACH,
                    before == null ? Long.MAX_VALUE : before);
        }
        return String.join(" and ", conditions);
    }

    private static void add(List<String> conditions, List<Object> values, String condition, @Nullable Object value) {
        if (value == null) return;
        conditions.add(condition);
        values.add(value);
    }
}
