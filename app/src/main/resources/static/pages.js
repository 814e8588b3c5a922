// History, page by page from the newest upwards: what this browser holds of a channel is always one piece without gaps.
import * as api from './api.js';
import { lastChanged } from './store/merge.js';

const PAGE = 50;

/** The newest page of a channel as the server has it, newest message first. */
export const newest = (channelId) => api.getPage(`/api/channels/${channelId}/messages?limit=${PAGE}`);

export class Pages {
  #store;

  constructor(store) {
    this.#store = store;
  }

  /** Begins a channel's copy with its newest page; answers the seq up to which that page speaks. */
  async begin(channelId, { content: page, next }) {
    const isHeld = this.#store.channels.get(channelId)?.cursor !== undefined; // another tab was faster, and may hold more
    const cursor = page.reduce((highest, each) => Math.max(highest, each.seq), 0);
    await this.#store.messages.take(channelId, page, isHeld ? {} : { cursor, seen: lastChanged(cursor, page), ...reach(page, next) });
    return cursor;
  }

  /** Adds the page above what this browser holds. */
  async older(channelId, size = PAGE) {
    const { low } = this.#store.channels.get(channelId);
    const { content: page, next } = await api.getPage(`/api/channels/${channelId}/messages?before=${low}&limit=${size}`);
    if (this.#store.channels.get(channelId)?.low !== low) return; // read anew meanwhile: this page lies elsewhere
    await this.#store.messages.take(channelId, page, reach(page, next, low));
  }
}

const reach = (page, next, low = Infinity) => {
  const lowest = page.reduce((least, each) => Math.min(least, each.position), low);
  return { low: lowest === Infinity ? 0 : lowest, whole: !next || page.length === 0 };
};
