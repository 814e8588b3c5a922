package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who answers whom. */
class SummoningTest {

    @AutoClose
    private final Chat chat = new Chat();

    private final Worker worker = chat.worker("test");

    @BeforeEach
    void agents() {
        chat.agent("bert");
        chat.agent("cleo");
    }

    @Test
    void every_agent_that_is_mentioned_answers_once() {
        UUID message = chat.post("mira", "@ada @bert @ADA @tom @nobody");
        assertThat(chat.jdbc
                        .sql(
                                "select handle from chat.mention join chat.account on id = account_id where message_id = ?")
                        .param(message)
                        .query(String.class)
                        .list())
                .containsExactlyInAnyOrder("ada", "bert", "tom");
        assertThat(chat.jdbc
                        .sql("select handle from chat.generation join chat.account a on a.id = agent_id")
                        .query(String.class)
                        .list())
                .containsExactlyInAnyOrder("ada", "bert");
    }

    @Test
    void a_disabled_agent_answers_nobody() {
        chat.run("update chat.account set disabled_at = now() where handle = 'ada'");
        chat.post("mira", "@ada");
        assertThat(chat.count("chat.generation")).isZero();
    }

    @Test
    void an_agent_is_deaf_to_agents_unless_it_answers_them() {
        answer("@ada?", "ask @bert");
        assertThat(chat.count("chat.generation")).isEqualTo(1);
        chat.run("update chat.agent set answers_agents = true where account_id = ?", chat.account("bert"));
        answer("@ada?", "ask @bert");
        assertThat(chat.one(
                        String.class,
                        "select depth || ' ' || p.handle from chat.generation join chat.account p on p.id = person_id where agent_id = ?",
                        chat.account("bert")))
                .isEqualTo("2 mira");
    }

    @Test
    void an_agent_is_mentioned_when_the_reply_is_complete_and_not_before() {
        chat.run("update chat.agent set answers_agents = true");
        Worker.Claim claim = chat.claimed(worker);
        worker.append(claim, null, 0, "ask @bert");
        worker.fail(claim, "cut", "0 seconds", null, true);
        assertThat(chat.count("chat.generation")).isEqualTo(1);
        worker.complete(worker.claimOne(), "ask @cleo");
        assertThat(chat.jdbc
                        .sql(
                                "select handle from chat.generation join chat.account a on a.id = agent_id where depth = 2")
                        .query(String.class)
                        .list())
                .containsExactly("cleo");
    }

    @Test
    void an_agent_never_summons_itself() {
        chat.run("update chat.agent set answers_agents = true");
        answer("@ada?", "I am @ada");
        assertThat(chat.count("chat.generation")).isEqualTo(1);
    }

    @Test
    void agents_go_on_among_themselves_at_most_4_deep() {
        chat.run("update chat.agent set answers_agents = true");
        answer("@ada?", "@bert");
        for (String next : new String[] {"@ada", "@bert", "@ada"}) {
            worker.complete(worker.claimOne(), next);
        }
        assertThat(worker.claim(1)).isEmpty();
        assertThat(chat.one(Integer.class, "select max(depth) from chat.generation"))
                .isEqualTo(4);
    }

    @Test
    void a_reply_that_is_run_again_summons_nobody_twice() {
        chat.run("update chat.agent set answers_agents = true");
        UUID reply = answer("@ada?", "ask @bert");
        chat.one(String.class, "select chat.retry(?::uuid, ?::uuid)::text", reply, chat.account("mira"));
        chat.run(
                "update chat.generation set run_at = now() + interval '1 hour' where agent_id = ?",
                chat.account("bert"));
        worker.complete(worker.claimOne(), "ask @bert and @cleo");
        assertThat(chat.count("chat.generation")).isEqualTo(3);
    }

    private UUID answer(String question, String reply) {
        chat.post("mira", question);
        Worker.Claim claim = worker.claimOne();
        assertThat(worker.complete(claim, reply)).isEqualTo("held");
        return claim.message();
    }
}
