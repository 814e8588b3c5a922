import { newer, patched } from './merge.js';

/** Stands in for the database where a browser keeps nothing (a private window, no room): lasts as long as its tab. */
export class Memory {
  name = `holdfast-in-memory-${Math.random()}`; // shared with no other tab: each stands for itself
  #stores = { channel: new Map(), message: new Map(), account: new Map(), outbox: new Map(), kept: new Map() };

  all = async (store) => [...this.#stores[store].values()];
  get = async (store, key) => this.#stores[store].get(key);
  put = async (store, value, key) => this.#stores[store].set(key ?? value.n ?? value.id, value);
  delete = async (store, key) => this.#stores[store].delete(key);
  messages = async (ids) => ids.map((id) => this.#stores.message.get(id));

  async merge(messages, patches = []) {
    const { message, channel } = this.#stores;
    messages.forEach((each) => message.set(each.id, newer(message.get(each.id), each)));
    patches.filter((each) => channel.has(each.id) || each.kind).forEach((each) => channel.set(each.id, patched(channel.get(each.id), each)));
  }

  putInPassing() {}

  async forget(channelId, record) {
    const { message, channel } = this.#stores;
    for (const { id } of this.#of(channelId)) message.delete(id);
    if (record) channel.set(channelId, record);
    else channel.delete(channelId);
  }

  before = async (channelId, low, position, max) => this.#of(channelId).filter((each) => each.position >= low && each.position < position).slice(-max);
  after = async (channelId, low, position, max) => this.#of(channelId).filter((each) => each.position >= low && each.position > position).slice(0, max);

  #of(channelId) {
    return [...this.#stores.message.values()].filter((each) => each.channelId === channelId).sort((a, b) => a.position - b.position);
  }

  async clear(...stores) {
    stores.forEach((name) => this.#stores[name].clear());
  }

  close() {}
}
