package dev.holdfast.account;

import dev.holdfast.security.SignedIn;
import java.util.UUID;

/** An account as its owner sees it. */
record Person(UUID id, String handle, String displayName, String kind, String role) {

    static Person of(Accounts.Account account) {
        return new Person(account.id(), account.handle(), account.displayName(), account.kind(), account.role());
    }

    static Person of(SignedIn who) {
        return new Person(who.id(), who.handle(), who.displayName(), "human", who.role());
    }
}
