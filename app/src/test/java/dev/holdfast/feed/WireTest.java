package dev.holdfast.feed;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class WireTest {

    private static final UUID ROOM = new UUID(0, 1);
    private static final UUID REPLY = new UUID(0, 2);

    @Test
    void an_event_is_one_line_of_data_whatever_white_space_the_json_has() {
        var event = Wire.channel(new Change(ROOM, 4, 5, "[{\"id\":1},\n {\"id\":2}]", "[]", List.of(), REPLY));
        assertThat(new String(event, UTF_8))
                .isEqualTo("event: channel\ndata: {\"channel\":\"" + ROOM
                        + "\",\"after\":4,\"seq\":5,\"messages\":[{\"id\":1},  {\"id\":2}],\"text\":[]}\n\n");
    }

    @Test
    void heads_name_the_replies_that_grow_and_the_least_that_one_has_of_them() {
        var channel = new ChannelFeed(new Membership(REPLY, ROOM, 4, null, 0));
        channel.advance(new Change(ROOM, 4, 4, "[]", "[{}]", List.of(new Running(REPLY, 3, 119)), null));
        assertThat(new String(Wire.heads(List.of(channel)), UTF_8))
                .isEqualTo("event: heads\ndata: {\"channels\":[{\"channel\":\"" + ROOM
                        + "\",\"seq\":4,\"running\":[{\"message\":\"" + REPLY
                        + "\",\"fence\":3,\"length\":120}]}]}\n\n");
    }

    @Test
    void heads_name_the_message_that_took_the_channel_to_its_seq() {
        var channel = new ChannelFeed(new Membership(REPLY, ROOM, 4, new UUID(0, 3), 0));
        channel.advance(new Change(ROOM, 4, 5, "[{}]", "[]", List.of(), REPLY));
        assertThat(new String(Wire.heads(List.of(channel)), UTF_8))
                .isEqualTo("event: heads\ndata: {\"channels\":[{\"channel\":\"" + ROOM + "\",\"seq\":5,\"last\":\""
                        + REPLY + "\"}]}\n\n");
        channel.advance(new Change(ROOM, 5, 6, "[]", "[]", List.of(), null));
        assertThat(channel.head()).isEqualTo("{\"channel\":\"" + ROOM + "\",\"seq\":6}");
    }

    @Test
    void a_reply_whose_message_changed_is_no_longer_counted_as_growing() {
        var before = List.of(new Running(REPLY, 3, 119), new Running(new UUID(0, 3), 1, 7));
        var change =
                new Change(ROOM, 4, 5, "[{\"id\":\"" + REPLY + "\",\"status\":\"complete\"}]", "[]", List.of(), REPLY);
        assertThat(change.running(before)).extracting(Running::message).containsExactly(new UUID(0, 3));
    }

    @Test
    void hello_tells_when_to_come_back() {
        assertThat(new String(Wire.hello("first-00000001", REPLY, List.of()), UTF_8))
                .matches("(?s)retry: \\d{3,4}\nevent: hello\ndata: \\{\"lineage\":\"first-00000001\",\"account\":\""
                        + REPLY + "\",\"channels\":\\[]}\n\n");
    }
}
