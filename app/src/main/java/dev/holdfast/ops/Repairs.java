package dev.holdfast.ops;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/**
 * What administrators do, through the functions of schema ops. Each is one statement that first names who acts (for the
 * audit) and then acts; the lateral joins keep that order.
 */
@WebSide
@Component
class Repairs {

    private static final String AS_ACTOR = """
            with actor as materialized (select set_config('holdfast.actor', ?, true) as handle)
            select coalesce(json_agg(json_strip_nulls(json_build_object('id', r.id, 'agent', r.agent, 'channel', r.channel,
              'worker', r.worker, 'outcome', r.outcome, 'detail', r.detail))), '[]')::text
            from actor cross join lateral (
            %s
            ) r
            where actor.handle is not null
            """;

    /** query_canceled: by the statement_timeout of the pool's connections. */
    private static final String GIVEN_UP = "57014";

    private final JdbcClient jdbc;

    Repairs(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    String retry(String actor, List<Long> ids) {
        return act(
                actor,
                "select r.*, null as worker from ops.retry_all(case when actor.handle <> '' then string_to_array(?, ',')::bigint[] end) r",
                joined(ids));
    }

    String cancel(String actor, List<Long> ids) {
        return act(
                actor,
                "select r.*, null as worker from ops.cancel_all(case when actor.handle <> '' then string_to_array(?, ',')::bigint[] end) r",
                joined(ids));
    }

    String retryFailed(String actor, String agent, long seconds) {
        return act(
                actor,
                "select r.*, null as worker from ops.retry_failed(case when actor.handle <> '' then ? end, make_interval(secs => ?::float8)) r",
                agent,
                seconds);
    }

    String pause(String actor, List<String> agents) {
        return agents(actor, "pause_agent", agents);
    }

    String resume(String actor, List<String> agents) {
        return agents(actor, "resume_agent", agents);
    }

    private String agents(String actor, String function, List<String> agents) {
        return act(actor, """
                select null as id, r.agent, null as channel, null as worker, r.outcome, r.detail
                from jsonb_array_elements_text(case when actor.handle <> '' then ?::jsonb end) with ordinality as named(handle, place)
                cross join lateral ops.%s(named.handle) r
                """.formatted(function), names(agents));
    }

    String drain(String actor, List<String> workers) {
        return workers(actor, "drain_worker", workers);
    }

    String undrain(String actor, List<String> workers) {
        return workers(actor, "resume_worker", workers);
    }

    private String workers(String actor, String function, List<String> workers) {
        return act(actor, """
                select null as id, null as agent, null as channel, r.worker, r.outcome, r.detail
                from jsonb_array_elements_text(case when actor.handle <> '' then ?::jsonb end) with ordinality as named(name, place)
                cross join lateral ops.%s(named.name) r
                """.formatted(function), names(workers));
    }

    private String act(String actor, String call, Object... values) {
        var all = new Object[values.length + 1];
        all[0] = actor;
        System.arraycopy(values, 0, all, 1, values.length);
        try {
            return jdbc.sql(AS_ACTOR.formatted(call))
                    .params(all)
                    .query(String.class)
                    .single();
        } catch (DataAccessException e) {
            if (e.getRootCause() instanceof SQLException sql && GIVEN_UP.equals(sql.getSQLState())) throw tooLong();
            throw e;
        }
    }

    private static Problem tooLong() {
        return Problem.unavailable(
                "This took the database too long and was given up; nothing was changed. Name fewer at once, or use psql,"
                        + " which has no such limit.",
                Duration.ofSeconds(2));
    }

    private static String joined(List<Long> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    private static String names(List<String> names) {
        return JsonMapper.shared().writeValueAsString(names);
    }
}
