package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.db.TestPostgres;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@Isolated("a program that starts meanwhile silences the whole JVM's log")
@ExtendWith(OutputCaptureExtension.class)
class TakenHandleTest {

    @Test
    void where_a_person_has_the_handle_of_an_agent_to_be_a_warning_says_so_until_there_is_one(CapturedOutput printed) {
        var jdbc = TestPostgres.create().jdbc();
        jdbc.sql("insert into chat.account (handle, display_name) values ('claude', 'Claude')")
                .update();
        var anthropic = new ModelEnvironment(null, null, null, "sk-test", "http://127.0.0.1:1");
        new ReadyAgents(jdbc, anthropic).make();
        assertThat(printed).contains("@claude is taken, so anthropic has no agent; make one on the page /agents");

        jdbc.sql("""
                with made as (
                  insert into chat.account (handle, display_name, kind) values ('sonnet', 'Sonnet', 'agent') returning id
                )
                insert into chat.agent (account_id, provider, model) select id, 'anthropic', 'm' from made
                """).update();
        int before = printed.length();
        new ReadyAgents(jdbc, anthropic).make();
        assertThat(printed.toString().substring(before)).doesNotContain("@claude is taken");
    }
}
