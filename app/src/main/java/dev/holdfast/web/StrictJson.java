package dev.holdfast.web;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.http.converter.ByteArrayHttpMessageConverter;
import org.springframework.http.converter.HttpMessageConverters;
import org.springframework.http.converter.StringHttpMessageConverter;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import org.springframework.validation.Validator;
import org.springframework.web.servlet.config.annotation.ContentNegotiationConfigurer;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.deser.std.FromStringDeserializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.type.LogicalType;

/**
 * JSON from people is taken literally: a field that does not exist or a value of another type is an error, not a guess.
 * Of this application's own calls alone: clients of other services keep Boot's lenient mapper.
 *
 * <p>Every answer is JSON, whatever Accept says: a call that has done its work must not end as 406.
 */
@WebSide
@Configuration(proxyBeanMethods = false)
class StrictJson implements WebMvcConfigurer {

    @Override
    public void configureMessageConverters(HttpMessageConverters.ServerBuilder converters) {
        converters
                .disableDefaults() // libraries bring YAML and more, which would be taken by other rules
                .addCustomConverter(new ByteArrayHttpMessageConverter()) // what OpenAPI and Prometheus answer
                .withStringConverter(new StringHttpMessageConverter(StandardCharsets.UTF_8))
                .withJsonConverter(new JacksonJsonHttpMessageConverter(mapper()));
    }

    @Override
    public void configureContentNegotiation(ContentNegotiationConfigurer accepted) {
        accepted.ignoreAcceptHeader(true).defaultContentType(MediaType.APPLICATION_JSON, MediaType.ALL);
    }

    /** Nothing is validated by annotations; the library for that, which OpenAPI brings, would load 500 classes at each start. */
    @Override
    public Validator getValidator() {
        return Validator.forInstanceOf(Void.class, (body, errors) -> {});
    }

    static JsonMapper mapper() {
        return JsonMapper.builder(
                        JsonFactory.builder().inputDecorator(new WholeUtf8()).build())
                .addModule(new SimpleModule()
                        .addDeserializer(String.class, new WholeText())
                        .addDeserializer(UUID.class, new WholeUuid()))
                .enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .withCoercionConfig(
                        LogicalType.Textual,
                        text -> text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .build();
    }

    private static final class WholeUuid extends FromStringDeserializer<UUID> {

        WholeUuid() {
            super(UUID.class);
        }

        @Override
        protected UUID _deserialize(String text, DeserializationContext context) {
            try {
                return Uuids.parse(text);
            } catch (IllegalArgumentException e) {
                return (UUID) context.handleWeirdStringValue(UUID.class, text, "not a UUID");
            }
        }
    }
}
