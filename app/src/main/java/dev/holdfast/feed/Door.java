package dev.holdfast.feed;

import static java.util.stream.Collectors.groupingBy;

import dev.holdfast.feed.Subscriber.End;
import dev.holdfast.feed.Wakeups.ReadOn;
import dev.holdfast.feed.Wakeups.Round;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Who is let in, and who is shown out: a browser whose session has ended or whose account is disabled, a channel that
 * its account is no longer a member of. Told by notification, looked up for everybody every 5 s, and for
 * a channel's listeners before they get what nobody announced: who was removed may not have been announced either.
 */
final class Door {

    private static final int POLL_SECONDS = 5;
    private static final int USAGE_SECONDS = 15;

    private final Audience audience;
    private final Permissions permissions;
    private final FeedMetrics metrics;

    Door(Audience audience, Permissions permissions, FeedMetrics metrics) {
        this.audience = audience;
        this.permissions = permissions;
        this.metrics = metrics;
    }

    /** Adds to the round's readings what nobody announced. @return channels that nobody here listened to before */
    List<UUID> check(Round round, Seconds seconds) {
        if (seconds.turn(USAGE_SECONDS)) metrics.queueUsage(permissions.notificationQueueUsage());
        var listening = audience.listening(account -> round.everything()
                || round.announced().contains(account)
                || round.accounts().contains(account)
                || seconds.turn(account, POLL_SECONDS));
        return check(listening, round.announced(), round.readings());
    }

    /** @return channels that nobody here listened to before */
    List<UUID> checkListeners(Collection<UUID> channels, Collection<ReadOn> readings) {
        return check(audience.listening(audience.accountsIn(channels)::contains), Set.of(), readings);
    }

    private List<UUID> check(Map<UUID, List<Subscriber>> listening, Set<UUID> announced, Collection<ReadOn> readings) {
        if (listening.isEmpty()) return List.of();
        endSessions(listening.values().stream().flatMap(List::stream).toList());
        var memberships = permissions.memberships(listening.keySet()).stream().collect(groupingBy(Membership::account));
        var fresh = new ArrayList<UUID>();
        for (var account : listening.keySet()) {
            var allowed = memberships.getOrDefault(account, List.of());
            fresh.addAll(audience.allow(account, allowed, announced.contains(account), readings));
        }
        return fresh;
    }

    private void endSessions(List<Subscriber> subscribers) {
        var live = permissions.liveSessions(
                subscribers.stream().map(subscriber -> subscriber.session).toList());
        for (var subscriber : subscribers) {
            if (!live.contains(subscriber.session)) subscriber.end(End.NOT_ALLOWED);
        }
    }
}
