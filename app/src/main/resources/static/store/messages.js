// The messages in memory: those on screen, those that grow, and some more. All of them are in the copy.
import { Growth } from './growth.js';
import { Log } from './log.js';
import { isRunning, newer, withText } from './merge.js';

const REMEMBERED = 3_000; // messages in memory beyond the logs that are open

export class Messages {
  #store;
  #held = new Map();
  #logs = new Map();
  #drops = 0;
  #growth;

  constructor(store) {
    this.#store = store;
    this.#growth = new Growth((ids) => store.copy?.merge(this.#heldOf(ids)));
  }

  /** A message, from memory or the copy. */
  async find(id) {
    await this.#remember([id]);
    return this.#held.get(id);
  }

  /** A message if it is in memory. */
  remembered = (id) => this.#held.get(id);

  /** The window on a channel's messages that its view shows. */
  log(channelId) {
    if (!this.#logs.has(channelId)) this.#logs.set(channelId, new Log(this, channelId));
    return this.#logs.get(channelId);
  }

  /** Whether a view shows the channel. */
  shows = (channelId) => this.#logs.has(channelId);

  /** Lets go of the windows that no view shows. */
  leaveLogs(exceptChannelId) {
    for (const id of this.#logs.keys()) if (id !== exceptChannelId) this.#logs.delete(id);
  }

  /** Up to `max` messages below a position, or above it, oldest first; never from below what is held of the channel in one piece. */
  before = async (channelId, position, max) => this.#recall(await this.#read((copy) => copy.before(channelId, this.#low(channelId), position, max)));
  after = async (channelId, position, max) => this.#recall(await this.#read((copy) => copy.after(channelId, this.#low(channelId), position, max)));

  /** Below this, or without it, there may be single messages, of a copy that had no room. */
  #low = (channelId) => this.#store.channels.get(channelId)?.low ?? Infinity;

  /** Reads from the copy; once more where a channel was dropped meanwhile, whose messages must not come back. */
  async #read(read) {
    for (;;) {
      const drops = this.#drops;
      const found = this.#store.copy ? await read(this.#store.copy) : [];
      if (drops === this.#drops) return found;
    }
  }

  /** Takes messages in, with the channel's new cursor where there is one. Shows them at once and writes them behind. */
  async take(channelId, messages, channelPatch = {}) {
    await this.#remember(messages.map((each) => each.id));
    if (!this.#store.channels.has(channelId)) return; // forgotten while they were on their way
    const patches = this.#store.channels.lay([{ id: channelId, ...channelPatch }]); // first: what is shown reaches down to its `low`
    const merged = this.show(channelId, messages);
    this.#store.tell({ type: 'messages', channelId, messages: merged, patches });
    await this.#store.copy?.merge(merged, patches);
    await this.#store.takeAccounts([...new Map(messages.map(({ author }) => [author.id, author])).values()]);
  }

  /** Appends pieces of text to the messages held; answers whether some didn't fit, so that the channel must be read again. */
  async takeText(channelId, pieces) {
    await this.#remember(pieces.map((piece) => piece.message));
    let fits = true;
    for (const piece of pieces) {
      const held = this.#held.get(piece.message);
      if (!held) continue; // above what this browser holds of the channel
      const message = withText(held, piece);
      if (!message) {
        fits = false;
      } else if (message !== held) {
        this.show(channelId, [message]);
        this.#growth.add(message);
        this.#store.tell({ type: 'text', channelId, piece });
      }
    }
    return fits;
  }

  /** Text that the leading tab took. One that came in between doesn't hold what goes before; the leading tab does. */
  async hearText(channelId, piece) {
    await this.#remember([piece.message]);
    const held = this.#held.get(piece.message);
    const message = held && withText(held, piece);
    if (message) this.show(channelId, [message]);
    else this.#store.tell({ type: 'want', id: piece.message });
  }

  /** Gives a message to the tab that asked for it. */
  lend(id) {
    const message = this.#held.get(id);
    if (message) this.#store.tell({ type: 'messages', channelId: message.channelId, messages: [message], patches: [] });
  }

  /** Takes messages into memory and shows them; answers them as they are now. */
  show(channelId, messages) {
    const merged = this.#recall(messages);
    if (this.#held.size > REMEMBERED) this.#forgetSome();
    const log = this.#logs.get(channelId);
    if (log?.cleared) log.open();
    else log?.show(merged);
    this.changed(channelId);
    return merged;
  }

  changed = (channelId) => this.#store.changed(`messages:${channelId}`);

  /** The messages in memory above a position, oldest first. */
  heldAfter(channelId, position = -Infinity) {
    const low = this.#low(channelId);
    const above = [...this.#held.values()].filter((each) => each.channelId === channelId && each.position > position && each.position >= low);
    return above.sort((a, b) => a.position - b.position);
  }

  writeText = () => this.#growth.write();

  /** The same for a page that is being left. */
  writeTextInPassing() {
    const grown = this.#heldOf(this.#growth.take());
    if (grown.length > 0) this.#store.copy?.putInPassing(grown);
  }

  #heldOf = (ids) => ids.map((id) => this.#held.get(id)).filter(Boolean);

  /** What the copy says, brought together with what memory holds. */
  #recall(list) {
    return list.map((each) => {
      const message = newer(this.#held.get(each.id), each);
      this.#held.set(each.id, message);
      return message;
    });
  }

  async #remember(ids) {
    const missing = ids.filter((id) => !this.#held.has(id));
    if (missing.length > 0) this.#recall((await this.#read((copy) => copy.messages(missing))).filter(Boolean));
  }

  #forgetSome() {
    for (const [id, message] of this.#held) {
      if (this.#held.size <= REMEMBERED / 2) return;
      if (!isRunning(message) && !this.#growth.has(id)) this.#held.delete(id);
    }
  }

  /** Lets go of a channel's messages. */
  drop(channelId) {
    this.#drops += 1;
    for (const [id, message] of this.#held) if (message.channelId === channelId) this.#held.delete(id);
    this.#logs.get(channelId)?.clear();
    this.changed(channelId);
  }

  /** What the copy knows and this tab may have missed. */
  async refresh() {
    const known = await this.#read((copy) => copy.messages([...this.#held.keys()]));
    this.#recall(known.filter(Boolean));
    for (const [channelId, log] of this.#logs) {
      const last = log.items.at(-1)?.position;
      const later = log.loaded && log.atEnd && last !== undefined ? await this.after(channelId, last, REMEMBERED) : [];
      log.show([...log.items.map((each) => this.#held.get(each.id) ?? each), ...later]);
      this.changed(channelId);
    }
  }

  clear() {
    this.#drops += 1;
    this.#held.clear();
    this.#logs.clear();
    this.#growth.take();
  }
}
