package dev.holdfast.ops;

import dev.holdfast.web.Bounds;
import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.util.ArrayList;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** What operators see: the views of schema ops, as JSON. Nowhere what was written in a channel. */
@WebSide
@Component
class Operations {

    private final JdbcClient jdbc;

    Operations(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    String queue() {
        return json("""
                select coalesce(json_agg(json_build_object('agent', q.agent, 'queued', q.queued, 'running', q.running,
                  'failed', q.failed, 'waiting', q.waiting, 'oldestAge', extract(epoch from q.oldest_age), 'atMost', q.at_most,
                  'paused', q.paused, 'provider', q.provider, 'model', q.model)), '[]')::text
                from ops.queue q
                """);
    }

    String workers() {
        return json("""
                select coalesce(json_agg(json_build_object('id', w.id, 'worker', w.worker, 'state', w.state, 'running', w.running,
                  'slots', w.slots, 'expired', w.expired, 'lastSeen', extract(epoch from w.last_seen),
                  'up', extract(epoch from w.up))), '[]')::text
                from ops.workers w
                """);
    }

    String throughput(int minutes) {
        Bounds.within("minutes", minutes, 60);
        return json("""
                select coalesce(json_agg(json_build_object('minute', t.minute, 'finished', t.finished, 'failed', t.failed,
                  'cancelled', t.cancelled, 'inputTokens', t.input_tokens, 'outputTokens', t.output_tokens,
                  'firstTokenP50', extract(epoch from t.first_token_p50), 'firstTokenP95', extract(epoch from t.first_token_p95),
                  'replyP50', extract(epoch from t.reply_p50), 'replyP95', extract(epoch from t.reply_p95))
                  order by t.minute), '[]')::text
                from ops.throughput t
                where t.minute > now() - make_interval(mins => ?)
                """, minutes);
    }

    String audit(int limit) {
        Bounds.within("limit", limit, 500);
        return json("""
                select coalesce(json_agg(row_to_json(u) order by u.id desc), '[]')::text
                from (select * from ops.audit limit ?) u
                """, limit);
    }

    private static final String GENERATION = """
            json_build_object('id', g.id, 'agent', g.agent, 'channel', g.channel, 'person', g.person, 'state', g.state,
              'attempt', g.attempt, 'maxAttempts', g.max_attempts, 'age', extract(epoch from g.age),
              'waiting', extract(epoch from g.waiting), 'worker', g.worker, 'lease', extract(epoch from g.lease),
              'error', g.error, 'errorCode', g.error_code, 'inputTokens', g.input_tokens, 'outputTokens', g.output_tokens,
              'flushes', g.flushes, 'toFirstToken', extract(epoch from g.to_first_token), 'queuedAt', g.queued_at,
              'runAt', g.run_at, 'claimedAt', g.claimed_at, 'firstTokenAt', g.first_token_at, 'finishedAt', g.finished_at,
              'priority', g.priority, 'depth', g.depth, 'reply', g.reply, 'askedBy', g.asked_by, 'fence', g.fence%s)
            """;

    String generations(GenerationFilter filter) {
        var values = new ArrayList<Object>();
        var where = filter.where(values);
        values.add(filter.most());
        var stuck = "stuck".equals(filter.state());
        return json(
                """
                select coalesce(json_agg(%s order by g.id desc), '[]')::text
                from (
                  select g.*%s
                  from ops.generations g %s
                  where %s
                  order by g.id desc
                  limit ?
                ) g
                """.formatted(
                                GENERATION.formatted(stuck ? ", 'reason', g.reason, 'mend', g.mend" : ""),
                                stuck ? ", s.reason, s.mend" : "",
                                stuck ? "join ops.stuck s on s.id = g.id" : "",
                                where),
                values.toArray());
    }

    /** The whole story: its attempts, what the model was given, what administrators did to it, and how far its text is. */
    String story(long id) {
        return jdbc.sql("""
                        select (%s::jsonb || jsonb_build_object('history', h.history,
                          'stuck', (select jsonb_build_object('reason', s.reason, 'mend', s.mend) from ops.stuck s where s.id = g.id),
                          'context', (
                            select coalesce(jsonb_agg(jsonb_build_object('message', c.message, 'author', a.handle, 'kind', a.kind,
                              'at', m.created_at, 'characters', length(m.content), 'deleted', m.deleted_at is not null) order by c.place), '[]')
                            from unnest(h.context_ids) with ordinality as c(message, place)
                            left join chat.message m on m.id = c.message
                            left join chat.account a on a.id = m.author_id),
                          'audit', (
                            select coalesce(jsonb_agg(to_jsonb(u) order by u.id), '[]')
                            from ops.audit u where u.subject = 'generation ' || g.id),
                          'status', r.status, 'askedAt', r.created_at, 'progressAt', h.progress_at,
                          'text', (
                            select jsonb_build_object('chunks', count(*), 'characters', coalesce(sum(length(k.text)), 0) + case when count(*) = 0 then length(r.content) else 0 end)
                            from chat.chunk k where k.message_id = r.id))
                        )::text
                        from ops.generations g
                        join chat.generation h on h.id = g.id
                        join chat.message r on r.id = g.reply
                        where g.id = ?
                        """.formatted(GENERATION.formatted("")))
                .param(id)
                .query(String.class)
                .optional()
                .orElseThrow(() -> Problem.notFound(
                        "There is no generation %d. GET /api/ops/generations lists the newest.".formatted(id)));
    }

    private String json(String sql, Object... values) {
        return jdbc.sql(sql).params(values).query(String.class).single();
    }
}
