package dev.holdfast.account;

import dev.holdfast.web.WebSide;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The rows of agents. SQL builds their JSON, and it passes through as it is. */
@WebSide
@Component
class Agents {

    /** An agent as members see it; systemPrompt and options are shown to administrators alone, to others they are null. */
    @Schema(name = "Agent")
    record AgentJson(
            UUID id,
            String handle,
            String displayName,
            String provider,
            String model,
            @Schema(nullable = true) String systemPrompt,
            @Schema(nullable = true) AgentOptionsChange options,

            @Schema(description = "generations at once; null: no limit", nullable = true)
            Integer maxConcurrency,

            boolean paused,
            boolean answersAgents,
            double firstTokenSeconds,
            double idleSeconds,
            double totalSeconds,
            boolean disabled) {}

    private final JdbcClient jdbc;

    Agents(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    private static final String ALL = """
            select coalesce(json_agg(json_build_object(
                     'id', a.id,
                     'handle', a.handle,
                     'displayName', a.display_name,
                     'provider', g.provider,
                     'model', g.model,
                     'systemPrompt', case when asks.all_of_it then g.system_prompt end,
                     'options', case when asks.all_of_it then g.options end,
                     'maxConcurrency', g.max_concurrency,
                     'paused', g.paused,
                     'answersAgents', g.answers_agents,
                     'firstTokenSeconds', extract(epoch from g.first_token_limit),
                     'idleSeconds', extract(epoch from g.idle_limit),
                     'totalSeconds', extract(epoch from g.total_limit),
                     'disabled', a.disabled_at is not null) order by a.handle), '[]')::text
            from (select ?::boolean as all_of_it, ?::uuid as only_this) as asks
            cross join chat.agent g
            join chat.account a on a.id = g.account_id
            where (a.disabled_at is null or asks.all_of_it)
              and (asks.only_this is null or asks.only_this = a.id)
            """;

    String all(boolean administrator) {
        return jdbc.sql(ALL)
                .param(administrator)
                .param(null)
                .query(String.class)
                .single();
    }

    String one(UUID agent) {
        var one = jdbc.sql(ALL).params(true, agent).query(String.class).single();
        return one.substring(1, one.length() - 1);
    }

    UUID make(UUID administrator, AgentChange wanted) {
        return jdbc.sql("select chat.make_agent(?, ?::jsonb)")
                .params(administrator, wanted.json())
                .query(UUID.class)
                .single();
    }

    void change(UUID administrator, UUID agent, AgentChange change) {
        jdbc.sql("select chat.change_agent(?, ?, ?::jsonb)")
                .params(administrator, agent, change.json())
                .query()
                .listOfRows();
    }
}
