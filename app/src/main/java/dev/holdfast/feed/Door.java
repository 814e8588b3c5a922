package dev.holdfast.feed;

import static java.util.stream.Collectors.groupingBy;

import dev.holdfast.feed.Subscriber.End;
import dev.holdfast.feed.Wakeups.Round;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Who is let in, and who is shown out: a browser whose session has ended or whose account is disabled, a channel that
 * its account is no longer a member of. Told by notification, and looked up for everybody every 5 s.
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

    /** @return channels that nobody here listened to before */
    List<UUID> check(Round round, Seconds seconds) {
        if (seconds.turn(USAGE_SECONDS)) metrics.queueUsage(permissions.notificationQueueUsage());
        var listening = audience.listening(account -> round.everything()
                || round.announced().contains(account)
                || round.accounts().contains(account)
                || seconds.turn(account, POLL_SECONDS));
        if (listening.isEmpty()) return List.of();
        endSessions(listening.values().stream().flatMap(List::stream).toList());
        var memberships = permissions.memberships(listening.keySet()).stream().collect(groupingBy(Membership::account));
        var fresh = new ArrayList<UUID>();
        for (var account : listening.keySet()) {
            var announce = round.announced().contains(account);
            fresh.addAll(audience.allow(account, memberships.getOrDefault(account, List.of()), announce));
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
