package dev.holdfast.web;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import io.swagger.v3.oas.models.media.Content;
import io.swagger.v3.oas.models.media.IntegerSchema;
import io.swagger.v3.oas.models.media.MediaType;
import io.swagger.v3.oas.models.media.ObjectSchema;
import io.swagger.v3.oas.models.media.Schema;
import io.swagger.v3.oas.models.media.StringSchema;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springdoc.core.customizers.GlobalOpenApiCustomizer;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/** The frame of /v3/api-docs; the calls describe themselves. */
@WebSide
@Configuration(proxyBeanMethods = false)
class OpenApi {

    /** Few ask for it, and each start would load four hundred classes for it. */
    @Bean
    static BeanFactoryPostProcessor madeWhenAskedFor() {
        return beans -> Stream.of(beans.getBeanDefinitionNames())
                .map(beans::getBeanDefinition)
                .filter(bean -> bean.getFactoryBeanName() != null
                        && bean.getFactoryBeanName().startsWith("org.springdoc"))
                .forEach(bean -> bean.setLazyInit(true));
    }

    @Bean
    @Lazy
    OpenAPI description() {
        return new OpenAPI()
                .info(
                        new Info()
                                .title("Holdfast")
                                .version("1")
                                .description(
                                        "Every unsafe call needs the header X-XSRF-TOKEN with the value of the cookie XSRF-TOKEN, which GET /api/me sets."
                                                + " A call may name in the header X-HOLDFAST-ACCOUNT the id of the account it is for: when another is signed in, it is refused with 401 and does nothing."
                                                + " Errors are RFC 9457 problem details, whose detail is a sentence for people."))
                .components(new Components()
                        .addSecuritySchemes(
                                "session",
                                new SecurityScheme()
                                        .type(SecurityScheme.Type.APIKEY)
                                        .in(SecurityScheme.In.COOKIE)
                                        .name("HOLDFAST")))
                .addSecurityItem(new SecurityRequirement().addList("session"));
    }

    private static Schema<?> problem() {
        return new ObjectSchema()
                .addProperty("title", new StringSchema())
                .addProperty("status", new IntegerSchema())
                .addProperty("detail", new StringSchema().description("the fact, the thing's name and the remedy"))
                .addProperty("instance", new StringSchema())
                .addProperty("retryAfter", new IntegerSchema().description("seconds, with 429 and 503"));
    }

    @Bean
    @Lazy
    GlobalOpenApiCustomizer everyCallMayBeRefused() {
        var refusal = new ApiResponse()
                .description("A refusal or a failure")
                .content(new Content()
                        .addMediaType(
                                "application/problem+json",
                                new MediaType().schema(new Schema<>().$ref("#/components/schemas/Problem"))));
        return api -> {
            api.getComponents().addSchemas("Problem", problem());
            api.getPaths()
                    .values()
                    .forEach(path -> path.readOperations()
                            .forEach(operation -> operation.getResponses().addApiResponse("default", refusal)));
        };
    }

    /** Controllers pass on as a String what SQL has built; the description must not call it a text. */
    @Bean
    @Lazy
    GlobalOpenApiCustomizer whatSqlBuildsIsNoText() {
        return api -> api.getPaths().values().stream()
                .flatMap(path -> path.readOperations().stream())
                .flatMap(operation -> operation.getResponses().values().stream())
                .filter(response -> response.getContent() != null)
                .map(response -> response.getContent().get("application/json"))
                .filter(json -> json != null && isText(json.getSchema()))
                .forEach(json -> json.schema(new Schema<>().description("JSON as the database builds it")));
    }

    /** Beside a reference swagger-core puts the type null, and both together would fit nothing. */
    @Bean
    @Lazy
    GlobalOpenApiCustomizer whatIsReferredToMayBeNull() {
        return api -> {
            for (Schema<?> schema : api.getComponents().getSchemas().values()) {
                if (schema.getProperties() == null) continue;
                for (Schema<?> field : schema.getProperties().values()) {
                    if (field.get$ref() == null || field.getTypes() == null) continue;
                    field.anyOf(List.of(new Schema<>().$ref(field.get$ref()), new Schema<>().types(Set.of("null"))));
                    field.types(null).set$ref(null);
                }
            }
        };
    }

    private static boolean isText(@Nullable Schema<?> schema) {
        return schema != null && schema.getTypes() != null && schema.getTypes().contains("string");
    }
}
