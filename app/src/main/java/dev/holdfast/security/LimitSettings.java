package dev.holdfast.security;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How often one may, on all nodes together.
 *
 * @param signIn failed sign-ins per handle and address; per address alone ten times as many
 * @param joining tries to use an invitation, or a link for a new password, per address
 * @param posting messages written or edited per person
 * @param summoning agents mentioned, and replies run again, per person
 * @param making channels and direct messages made per person, by administrators ten times as many
 * @param adding people and agents added to channels per person, by administrators ten times as many
 */
@ConfigurationProperties("holdfast.limits")
record LimitSettings(
        @DefaultValue("10/3m") Rate signIn,
        @DefaultValue("30/10m") Rate joining,
        @DefaultValue("120/1m") Rate posting,
        @DefaultValue("60/1m") Rate summoning,
        @DefaultValue("300/1h") Rate making,
        @DefaultValue("3000/1h") Rate adding) {}
