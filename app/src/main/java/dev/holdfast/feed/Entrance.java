package dev.holdfast.feed;

import java.util.List;
import java.util.UUID;

/** A request that has been let in to the feed: whose it is, under which session, and what they may read. */
record Entrance(UUID account, String session, List<Membership> memberships) {

    static final String ATTRIBUTE = Entrance.class.getName();
}
