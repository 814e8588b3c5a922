package dev.holdfast.model;

import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/** The rows of agents as a worker reads them, anew for every attempt, so that an administrator's change holds from the next one. */
public final class Agents {
    private final JdbcClient jdbc;

    public Agents(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String FIND = """
            select a.id, a.handle, a.display_name, g.provider, g.model, g.system_prompt, g.options::text as options,
              extract(epoch from g.first_token_limit)::double precision as first_token_limit,
              extract(epoch from g.idle_limit)::double precision as idle_limit,
              extract(epoch from g.total_limit)::double precision as total_limit
            from chat.agent g
            join chat.account a on a.id = g.account_id
            where a.id = ?
            """;

    public Agent find(UUID id) {
        return jdbc.sql(FIND)
                .param(id)
                .query((row, number) -> new Agent(
                        row.getObject("id", UUID.class),
                        row.getString("handle"),
                        row.getString("display_name"),
                        Agent.Provider.valueOf(row.getString("provider").toUpperCase(Locale.ROOT)),
                        row.getString("model"),
                        row.getString("system_prompt"),
                        row.getString("options"),
                        seconds(row.getDouble("first_token_limit")),
                        seconds(row.getDouble("idle_limit")),
                        seconds(row.getDouble("total_limit"))))
                .single();
    }

    private static Duration seconds(double seconds) {
        return Duration.ofMillis((long) (seconds * 1000));
    }
}
