package dev.holdfast.security;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.time.Duration;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Takes from what somebody may do so often; too often is 429 with the time to wait. The rows hold across nodes. */
@WebSide
@Component
public class Limits {

    private final JdbcClient jdbc;
    private final LimitSettings settings;

    Limits(JdbcClient jdbc, LimitSettings settings) {
        this.jdbc = jdbc;
        this.settings = settings;
    }

    /** Counted before the password is looked at, so that parallel tries count too. */
    public void takeSignIn(String handle, String address) {
        take(signIn(handle, address), settings.signIn(), 1, "Signing in as @%s failed too often".formatted(handle));
    }

    /** It was the right password: the tries before it no longer count. */
    public void returnSignIn(String handle, String address) {
        jdbc.sql("select chat.return_allowance(?)")
                .param(signIn(handle, address))
                .query()
                .listOfRows();
    }

    private static String signIn(String handle, String address) {
        return "sign-in " + handle.substring(0, Math.min(40, handle.length())) + " " + address;
    }

    /** For whatever is opened by a code. */
    public void takeJoining(String address) {
        take(
                "join " + address,
                settings.joining(),
                1,
                "Invitations and links for a new password were tried from your address too often");
    }

    public void takePosting(UUID person) {
        take("post " + person, settings.posting(), 1, "You wrote too many messages");
    }

    /** For every agent that the text mentions. */
    public void takeSummoning(UUID person, String content) {
        if (content.indexOf('@') < 0) {
            return;
        }
        var agents = jdbc.sql("select chat.summons(?)")
                .param(content)
                .query(Integer.class)
                .single();
        if (agents > 0) {
            takeSummoning(person, agents);
        }
    }

    public void takeSummoning(UUID person, int agents) {
        take(
                "summon " + person,
                settings.summoning(),
                Math.min(agents, settings.summoning().times()),
                "You asked agents too often");
    }

    private void take(String key, Rate rate, int amount, String what) {
        var wait = jdbc.sql("select chat.take_allowance(?, ?, make_interval(secs => ?), ?)")
                .params(key, rate.times(), (double) rate.per().toMillis() / 1000, amount)
                .query(Double.class)
                .single();
        if (wait > 0) {
            var pause = Duration.ofMillis((long) Math.ceil(wait * 1000));
            throw Problem.tooMany(
                    "%s: %s at most. Try again in %d s.".formatted(what, rate, (pause.toMillis() + 999) / 1000), pause);
        }
    }
}
