package dev.holdfast;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The database is the only meeting point: what writes replies and what shows them never call each other. */
class BoundariesTest {

    private static final String[] WEB = {
        "dev.holdfast.feed..", "dev.holdfast.account..", "dev.holdfast.channel..", "dev.holdfast.search..",
        "dev.holdfast.ops..", "dev.holdfast.page..", "dev.holdfast.security..", "dev.holdfast.web.."
    };
    private static final String[] WORKER = {"dev.holdfast.worker..", "dev.holdfast.generation..", "dev.holdfast.model.."
    };

    private final JavaClasses program = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.holdfast");

    @Test
    void the_web_side_never_calls_the_worker_side() {
        noClasses()
                .that()
                .resideInAnyPackage(WEB)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(WORKER)
                .check(program);
    }

    @Test
    void the_worker_side_never_calls_the_web_side() {
        noClasses()
                .that()
                .resideInAnyPackage(WORKER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(WEB)
                .allowEmptyShould(true)
                .check(program);
    }
}
