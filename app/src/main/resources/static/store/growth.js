const WRITE_EVERY = 100; // ms; growing text goes to the copy in steps, the end of a reply at once
const WRITE_LONG_EVERY = 500; // each step writes the whole text
const LONG = 20_000;

/** Replies whose text has grown since it was last written. */
export class Growth {
  #ids = new Set();
  #timer = 0;
  #write;

  /** @param write writes the messages of these ids to the copy */
  constructor(write) {
    this.#write = write;
  }

  has = (id) => this.#ids.has(id);

  add(message) {
    this.#ids.add(message.id);
    this.#timer ||= setTimeout(() => this.write(), message.content.length < LONG ? WRITE_EVERY : WRITE_LONG_EVERY);
  }

  async write() {
    const ids = this.take();
    if (ids.length > 0) await this.#write(ids);
  }

  /** Hands over what is to be written. */
  take() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const ids = [...this.#ids];
    this.#ids.clear();
    return ids;
  }
}
