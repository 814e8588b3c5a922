package dev.holdfast.security;

import dev.holdfast.web.Problem;
import dev.holdfast.web.WebSide;
import java.net.InetAddress;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** Takes from what somebody may do so often; too often is 429 with the time to wait. The rows hold across nodes. */
@WebSide
@Component
public class Limits {

    private static final Pattern ZONE = Pattern.compile("%[^]]*");

    private final JdbcClient jdbc;
    private final LimitSettings settings;

    Limits(JdbcClient jdbc, LimitSettings settings) {
        this.jdbc = jdbc;
        this.settings = settings;
    }

    /** For one's own password, which is asked for again. Counted before it is looked at, so that parallel tries count too. */
    public void takePassword(String handle, String address) {
        take(signIn(handle, address), settings.signIn(), 1, "Signing in as @%s failed too often".formatted(handle));
    }

    /** It was the right one: the tries before it no longer count. */
    public void returnPassword(String handle, String address) {
        jdbc.sql("select chat.return_allowance(?)")
                .param(signIn(handle, address))
                .query()
                .listOfRows();
    }

    /** As {@link #takePassword}, and of all handles together, as one password may be tried with many. */
    public void takeSignIn(String handle, String address) {
        takePassword(handle, address);
        try {
            take(signIns(address), ofAnAddress(), 1, "Signing in failed too often from your address");
        } catch (Problem refused) {
            giveBack(signIn(handle, address), settings.signIn());
            throw refused;
        }
    }

    /** It was the right password: the tries before it no longer count, but those with other handles do. */
    public void returnSignIn(String handle, String address) {
        returnPassword(handle, address);
        giveBack(signIns(address), ofAnAddress());
    }

    private void giveBack(String key, Rate rate) {
        jdbc.sql("select chat.return_allowance(?, ?, make_interval(secs => ?), 1)")
                .params(key, rate.times(), seconds(rate))
                .query()
                .listOfRows();
    }

    private Rate ofAnAddress() {
        return settings.signIn().wider(10);
    }

    private static String signIns(String address) {
        return "sign-ins " + network(address);
    }

    /** Of an IPv6 address the first half: the other one its owner chooses, as many as wanted. */
    static String network(String address) {
        try {
            var bytes = InetAddress.ofLiteral(ZONE.matcher(address).replaceFirst(""))
                    .getAddress();
            if (bytes.length == 4) return address;
            return HexFormat.ofDelimiter(":").formatHex(bytes, 0, 8) + "/64";
        } catch (IllegalArgumentException e) {
            return address; // whatever a proxy calls it
        }
    }

    private static String signIn(String handle, String address) {
        return "sign-in " + handle.substring(0, Math.min(40, handle.length())) + " " + network(address);
    }

    /** For whatever is opened by a code. */
    public void takeJoining(String address) {
        take(
                "join " + network(address),
                settings.joining(),
                1,
                "Invitations and links for a new password were tried from your address too often");
    }

    public void takePosting(UUID person) {
        take("post " + person, settings.posting(), 1, "You wrote too many messages");
    }

    /** For every agent that the text mentions and the message has not mentioned before. */
    public void takeSummoning(UUID person, String content, UUID message) {
        if (content.indexOf('@') < 0) {
            return;
        }
        var agents = jdbc.sql("select chat.summons(?, ?)")
                .params(content, message)
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

    public void takeMaking(SignedIn person) {
        take("make " + person.id(), of(person, settings.making()), 1, "You made too many channels and direct messages");
    }

    public void takeAdding(SignedIn person) {
        take("add " + person.id(), of(person, settings.adding()), 1, "You added members too often");
    }

    /** Administrators set up what others use. */
    private static Rate of(SignedIn person, Rate rate) {
        return person.administrator() ? rate.wider(10) : rate;
    }

    private void take(String key, Rate rate, int amount, String what) {
        var wait = jdbc.sql("select chat.take_allowance(?, ?, make_interval(secs => ?), ?)")
                .params(key, rate.times(), seconds(rate), amount)
                .query(Double.class)
                .single();
        if (wait > 0) {
            var pause = Duration.ofMillis((long) Math.ceil(wait * 1000));
            throw Problem.tooMany(
                    "%s: %s at most. Try again in %d s.".formatted(what, rate, (pause.toMillis() + 999) / 1000), pause);
        }
    }

    private static double seconds(Rate rate) {
        return (double) rate.per().toMillis() / 1000;
    }
}
