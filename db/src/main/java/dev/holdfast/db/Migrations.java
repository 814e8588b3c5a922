package dev.holdfast.db;

import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** Brings a database to the schema of this build: V files once and in order, R files whenever they have changed. */
public final class Migrations {

    private Migrations() {}

    /**
     * Flyway over this data source; the user has to own the schemas or be allowed to make them. Through a data source,
     * because Flyway refuses the driver's URLs.
     */
    public static Flyway flyway(DataSource owner) {
        return Flyway.configure()
                .dataSource(owner)
                .schemas("chat", "ops")
                .defaultSchema("chat")
                .table("flyway_history")
                .locations("classpath:db/migration")
                // functions move between R files from one release to the next; a newer release may have run before
                .ignoreMigrationPatterns("repeatable:missing", "*:future")
                .initSql("set lock_timeout = '10s'") // a migration waits behind a long transaction, and nobody behind
                // the migration
                .load();
    }
}
