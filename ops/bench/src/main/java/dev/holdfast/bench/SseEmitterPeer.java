package dev.holdfast.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * The feed as one would write it with Spring's own SseEmitter: the same LISTEN, the same select, then send() to each
 * browser. A process of its own, on the same Jetty with virtual threads; nobody has to sign in. Arguments: the
 * database's port, its name, the channel's name, the HTTP port.
 */
@EnableAutoConfiguration(exclude = DataSourceAutoConfiguration.class)
@Import(SseEmitterPeer.Feed.class)
class SseEmitterPeer {

    public static void main(String[] arguments) {
        var application = new SpringApplication(SseEmitterPeer.class);
        var context = application.run(
                "--server.port=" + arguments[3],
                "--server.address=127.0.0.1",
                "--spring.threads.virtual.enabled=true",
                "--spring.main.banner-mode=off",
                "--logging.level.root=warn");
        new ChannelRelay(arguments, context.getBean(Feed.class)::send).start();
        System.out.println("ready");
    }

    @RestController
    static class Feed {

        private final List<SseEmitter> emitters = new CopyOnWriteArrayList<>();

        @GetMapping("/feed")
        SseEmitter feed() throws IOException {
            var emitter = new SseEmitter(0L);
            emitters.add(emitter);
            emitter.onError(failure -> emitters.remove(emitter));
            emitter.onCompletion(() -> emitters.remove(emitter));
            emitter.send(SseEmitter.event().name("hello").data("{}"));
            return emitter;
        }

        private void send(String event) {
            for (var emitter : emitters) send(emitter, event);
        }

        private void send(SseEmitter emitter, String event) {
            try {
                emitter.send(SseEmitter.event().name("channel").data(event));
            } catch (IOException | IllegalStateException e) {
                emitters.remove(emitter);
            }
        }
    }
}
