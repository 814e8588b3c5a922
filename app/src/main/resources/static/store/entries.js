/** What waits to be sent, oldest first. The rules of sending are in outbox.js. */
export class Entries {
  list = [];
  /** Of those that are gone, which the user threw away; the others were sent. */
  discarded = new Set();
  #store;

  constructor(store) {
    this.#store = store;
  }

  /** On screen before this returns. */
  async put(entry) {
    this.lay(entry);
    await this.#store.copy?.put('outbox', entry);
    this.#store.tell({ type: 'entry', entry });
  }

  async remove(n) {
    this.lift(n);
    const deleted = this.#store.copy?.delete('outbox', n); // begun before another tab hears of it and may read anew
    this.#store.tell({ type: 'no entry', n });
    await deleted;
  }

  /** Throws away what was not sent; where another tab was about to send it, it takes that back. */
  async discard(n) {
    this.discarded.add(n);
    this.#store.tell({ type: 'discarded', n });
    await this.remove(n);
  }

  lay(entry) {
    this.list = [...this.list.filter((each) => each.n !== entry.n), entry].sort((a, b) => a.n - b.n);
    this.#changed(entry);
  }

  lift(n) {
    const entry = this.list.find((each) => each.n === n);
    this.list = this.list.filter((each) => each.n !== n);
    if (entry) this.#changed(entry);
  }

  #changed({ channelId }) {
    this.#store.changed('outbox', `messages:${channelId}`);
  }
}
