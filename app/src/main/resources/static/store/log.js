// The window on a channel's messages that is on screen: a contiguous run by position, short however long the channel is.

const PAGE = 50;
const SHOWN = 240; // beyond that, the far end is let go

export class Log {
  /** Messages, oldest first. */
  items = [];
  /** Whether the window reaches the newest message, so that new ones belong in it. */
  atEnd = true;
  /** Whether there is nothing above in this browser's copy (the server may have more, see the channel's `whole`). */
  atStart = false;
  loaded = false;
  /** Whether what it showed was thrown away: with what comes next it opens anew. */
  cleared = false;

  #messages;
  #channelId;
  #versions = 0;

  constructor(messages, channelId) {
    this.#messages = messages;
    this.#channelId = channelId;
  }

  /** Shows the newest messages. */
  async open() {
    const version = this.#begin();
    const items = await this.#messages.before(this.#channelId, Infinity, PAGE);
    if (version !== this.#versions) return;
    this.#put(items, { atEnd: true, atStart: items.length < PAGE });
  }

  /** Shows the messages around a position that may be far from both ends. */
  async around(position) {
    const version = this.#begin();
    const [below, above] = await Promise.all([
      this.#messages.before(this.#channelId, position, PAGE / 2),
      this.#messages.after(this.#channelId, position - 1, PAGE / 2),
    ]);
    if (version !== this.#versions) return;
    this.#put([...below, ...above], { atEnd: above.length < PAGE / 2, atStart: below.length < PAGE / 2 });
  }

  /** What was begun before comes too late. */
  #begin() {
    this.cleared = false;
    return ++this.#versions;
  }

  /** Extends the window upwards by what this browser holds; answers how many came. */
  async older() {
    const version = this.#versions;
    const first = this.items[0];
    const found = first ? await this.#messages.before(this.#channelId, first.position, PAGE) : [];
    if (version !== this.#versions || this.items[0] !== first) return 0;
    const items = [...found, ...this.items];
    const cut = items.length > SHOWN;
    this.#put(cut ? items.slice(0, SHOWN) : items, { atEnd: this.atEnd && !cut, atStart: found.length < PAGE });
    return found.length;
  }

  /** Extends the window downwards. */
  async newer() {
    const version = this.#versions;
    const last = this.items.at(-1);
    if (!last || this.atEnd) return;
    const found = await this.#messages.after(this.#channelId, last.position, PAGE);
    if (version !== this.#versions || this.items.at(-1)?.id !== last.id) return;
    const items = [...this.items, ...found];
    const cut = items.length > SHOWN;
    this.#put(cut ? items.slice(-SHOWN) : items, { atEnd: found.length < PAGE, atStart: this.atStart && !cut });
  }

  /** Lets the top go while the reader is at the bottom, so that a day of talk doesn't pile up. */
  trim() {
    if (this.atEnd && this.items.length > SHOWN) this.#put(this.items.slice(-SHOWN / 2), { atEnd: true, atStart: false });
  }

  /** Takes in new versions and new messages where they belong in the window. */
  show(messages) {
    let items = this.items;
    for (const message of messages.toSorted(byPosition)) {
      const index = items.findIndex((each) => each.id === message.id);
      if (index >= 0) items = items.with(index, message);
      else if (this.#belongs(message, items)) items = [...items, message];
    }
    if (items !== this.items) this.items = items.toSorted(byPosition);
  }

  #belongs(message, items) {
    if (items.length === 0) return this.atEnd;
    // my own message may be acknowledged before those above it come, which may be a whole page
    if (this.atStart && this.items.length < PAGE && message.position < items[0].position) return true;
    return message.position > items[0].position && (this.atEnd || message.position < items.at(-1).position);
  }

  clear() {
    this.#versions += 1;
    Object.assign(this, { items: [], atEnd: true, atStart: false, loaded: false, cleared: true });
    this.#messages.changed(this.#channelId);
  }

  #put(items, ends) {
    const last = items.at(-1)?.position;
    const late = ends.atEnd ? this.#messages.heldAfter(this.#channelId, last) : []; // came while the copy was being read
    Object.assign(this, { items: [...items, ...late], loaded: true }, ends);
    this.#messages.changed(this.#channelId);
  }
}

const byPosition = (a, b) => a.position - b.position;
