package dev.holdfast.feed;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** One account that listens here: its browsers and the channels it is a member of. Guarded by {@link Audience}. */
final class AccountFeed {

    final UUID id;
    final List<Subscriber> subscribers = new ArrayList<>(1);
    final Map<UUID, ChannelFeed> channels = new LinkedHashMap<>(4);
    /** Up to where it has read its channels, as its browsers have been told. */
    final Map<UUID, Long> lastReadSeqs = new HashMap<>(4);

    AccountFeed(UUID id) {
        this.id = id;
    }
}
