package dev.holdfast.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Two builds on one database. */
class BuildsTest {

    private final DataSource owner = TestPostgres.createEmpty().dataSource();
    private final Migrations present = new Migrations(owner);

    @Test
    void an_older_build_leaves_the_schema_of_a_newer_one_as_it_is_and_misses_nothing() {
        assertThat(present.migrate()).isEmpty();
        assertThat(typeOfIncarnation()).isEqualTo("text");
        var later = OtherBuild.later(owner);
        assertThat(later.missing()).hasSize(2);

        assertThat(later.migrate()).isEmpty();

        assertThat(present.missing()).isEmpty();
        assertThat(present.migrate()).contains(later.built());
        assertThat(typeOfIncarnation()).isEqualTo("character varying");
        assertThat(later.missing()).isEmpty();
    }

    @Test
    void the_schema_of_an_older_build_is_told_and_brought_up_to_date() {
        assertThat(present.missing()).contains("V001__accounts_channels_messages.sql");
        OtherBuild.earlier(owner).migrate();
        assertThat(present.missing())
                .singleElement()
                .asString()
                .contains(
                        present.built().toString(),
                        present.built().minus(Duration.ofHours(1)).toString());

        assertThat(present.migrate()).isEmpty();

        assertThat(present.missing()).isEmpty();
    }

    @Test
    void a_build_that_knows_a_table_which_is_not_there_brings_it_whenever_it_was_made() {
        OtherBuild.of(owner, Duration.ofHours(2), Map.of()).migrate();
        var later = OtherBuild.later(owner);
        assertThat(later.missing()).containsExactly("V900__later.sql");

        assertThat(later.migrate()).isEmpty();

        assertThat(later.missing()).isEmpty();
    }

    @Test
    void of_builds_that_start_at_once_the_newest_stays() throws Exception {
        var seed = Long.getLong("seed", new Random().nextInt(1_000_000));
        var later = OtherBuild.later(owner);
        var starts = new ArrayList<Callable<Optional<Instant>>>();
        for (var migrations : List.of(present, later)) starts.addAll(Collections.nCopies(4, migrations::migrate));
        Collections.shuffle(starts, new Random(seed));

        InParallel.all(starts);

        assertThat(later.missing()).as("-Dseed=%d", seed).isEmpty();
        assertThat(typeOfIncarnation()).as("-Dseed=%d", seed).isEqualTo("character varying");
    }

    private String typeOfIncarnation() {
        return JdbcClient.create(owner)
                .sql("select pg_get_function_result('chat.incarnation'::regproc)")
                .query(String.class)
                .single();
    }
}
