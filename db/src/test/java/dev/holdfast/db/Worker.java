package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;

/** A worker as the database sees it: what it calls, one reply at a time. */
record Worker(Chat chat, long id) {

    /** What a claim hands over. */
    record Claim(long generation, UUID message, long fence, int attempt, String agent) {

        Claim withFence(long other) {
            return new Claim(generation, message, other, attempt, agent);
        }
    }

    List<Claim> claim(int max) {
        return claim(max, "10 seconds");
    }

    List<Claim> claim(int max, String lease) {
        return chat.jdbc
                .sql(
                        "select generation_id, message_id, fence, attempt, agent_handle from chat.claim(?, ?, ?::text::interval)")
                .params(id, max, lease)
                .query((row, n) -> new Claim(
                        row.getLong(1), row.getObject(2, UUID.class), row.getLong(3), row.getInt(4), row.getString(5)))
                .list();
    }

    Claim claimOne() {
        List<Claim> claims = claim(1);
        assertThat(claims).hasSize(1);
        return claims.getFirst();
    }

    String think(Claim claim) {
        return held(
                "select held from chat.start_thinking(?::text::uuid[], ?::text::bigint[])",
                arrayOf(claim.message()),
                arrayOf(claim.fence()));
    }

    String stream(Claim claim) {
        return held(
                "select held from chat.start_streaming(?::text::uuid[], ?::text::bigint[])",
                arrayOf(claim.message()),
                arrayOf(claim.fence()));
    }

    /** written, gap or fenced. */
    String append(Claim claim, Integer previousStart, int start, String text) {
        return chat.jdbc
                .sql(
                        "select reason from chat.append_chunks(?, ?::text::uuid[], ?::text::bigint[], ?::text::int[], ?::text::int[], ?::text::text[])")
                .params(
                        id,
                        arrayOf(claim.message()),
                        arrayOf(claim.fence()),
                        arrayOf(previousStart),
                        arrayOf(start),
                        arrayOf(text))
                .query(String.class)
                .optional()
                .orElse("written");
    }

    /** held, fenced or busy (its channel is locked). */
    String complete(Claim claim, String content) {
        return held(
                "select held from chat.complete(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[], '{3}', '{7}')",
                id, arrayOf(claim.message()), arrayOf(claim.fence()), arrayOf(content));
    }

    String fail(Claim claim, String error, String retryAfter, String partial, boolean counts) {
        return chat.one(
                String.class,
                "select chat.fail(?, ?, ?, ?, 'test', ?::text::interval, ?, ?)",
                id,
                claim.message(),
                claim.fence(),
                error,
                retryAfter,
                partial,
                counts);
    }

    String giveUp(Claim claim) {
        return fail(claim, "The model said no.", null, null, true);
    }

    int release(Claim claim, String partial) {
        return chat.one(
                Integer.class,
                "select chat.release(?, ?::text::uuid[], ?::text::bigint[], ?::text::text[])",
                id,
                arrayOf(claim.message()),
                arrayOf(claim.fence()),
                arrayOf(partial));
    }

    /** The generations that are no longer this worker's. */
    List<Long> heartbeat(Claim claim) {
        return chat.jdbc
                .sql("select generation_id from chat.heartbeat(?, ?::text::bigint[], ?::text::bigint[], '10 seconds')")
                .params(id, arrayOf(claim.generation()), arrayOf(claim.fence()))
                .query(Long.class)
                .list();
    }

    List<String> reap() {
        return chat.jdbc
                .sql("select outcome from chat.reap()")
                .query(String.class)
                .list();
    }

    /** Makes the lease of a claim run out now, as if the worker had been away. */
    void outliveLease(Claim claim) {
        chat.run(
                "update chat.generation set lease_until = now() - interval '1 second' where id = ? and state = 'running'",
                claim.generation());
    }

    private String held(String sql, Object... params) {
        return chat.jdbc
                .sql(sql)
                .params(params)
                .query(Boolean.class)
                .optional()
                .map(held -> held ? "held" : "fenced")
                .orElse("busy");
    }

    private static String arrayOf(Object value) {
        return Chat.array(java.util.Collections.singletonList(value));
    }
}
