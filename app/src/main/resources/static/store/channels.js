// My channels, each as the server lists it, with what this browser knows besides: `cursor` (the seq up to which its messages are
// held), `seen` (which changed last up to there), `low` (the position down to which), `whole` (nothing is above), `counted` (up to
// where `unread` counts), `unsentRead`.
import { patched } from './merge.js';

/** By id. Changes travel as patches, never as whole records: what another tab has just written stays. */
export class Channels extends Map {
  listed = false; // whether the server's list was read since the page was opened
  #store;

  constructor(store) {
    super();
    this.#store = store;
  }

  clear() {
    this.listed = false;
    super.clear();
  }

  /** Lays the server's list over ours; those no longer in it are forgotten. */
  async take(list) {
    this.listed = true;
    if (list.length === 0) this.#store.changed('channels'); // nothing below tells it
    for (const id of [...this.keys()]) if (!list.some((each) => each.id === id)) await this.forget(id);
    await this.put(list.map((each) => {
      const held = this.get(each.id);
      const readAhead = held?.unsentRead > each.lastReadSeq;
      // what I have read offline the server has yet to hear: until then it is counted here
      return { ...each, counted: each.seq, ...(readAhead && { lastReadSeq: held.unsentRead, unread: held.unread, counted: held.counted }) };
    }));
  }

  /** Lays patches over channels; one that is new here must come whole, with its kind. */
  async put(patches) {
    const known = this.lay(patches);
    this.#store.tell({ type: 'channels', patches: known });
    await this.#store.copy?.merge([], known);
  }

  patch = (id, patch) => this.put([{ id, ...patch }]);

  /** The same in memory alone; answers those that were laid. */
  lay(patches) {
    const known = patches.filter((each) => this.has(each.id) || each.kind);
    known.forEach((each) => this.set(each.id, patched(this.get(each.id), each)));
    if (known.length > 0) this.#store.changed('channels');
    return known;
  }

  /** Throws a channel's messages away, to be read anew; the channel itself goes too unless `keep`. */
  async forget(id, { keep = false } = {}) {
    const record = keep ? bare(this.get(id) ?? { id }) : null;
    this.drop(id, record);
    this.#store.tell({ type: 'forget', channelId: id, record });
    await this.#store.copy?.forget(id, record);
  }

  /** Throws the messages of all channels away in memory; they are to be read anew. */
  dropMessages() {
    for (const each of [...this.values()]) this.drop(each.id, bare(each));
  }

  /** Writes all of them into a copy that was emptied. */
  writeAgain() {
    return this.#store.copy?.merge([], [...this.values()]);
  }

  drop(id, record) {
    if (record) this.set(id, record);
    else this.delete(id);
    this.#store.messages.drop(id);
    this.#store.changed('channels');
  }
}

/** A channel as the server lists it, of which no message is held. */
const bare = ({ cursor, seen, low, whole, ...record }) => record;
