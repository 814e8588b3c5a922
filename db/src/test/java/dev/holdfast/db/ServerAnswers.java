package dev.holdfast.db;

import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/** Says once, before any test, that the server asked for cannot be had; else each test would say it. */
public final class ServerAnswers implements LauncherSessionListener {

    @Override
    public void launcherSessionOpened(LauncherSession session) {
        TestServer.requireEngine();
    }
}
