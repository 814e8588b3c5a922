// The IndexedDB behind the store: one database per account, so that two people on one browser never meet.
import { deleteDB, openDB } from 'idb';
import { newer, patched } from './merge.js';

const VERSION = 1;

const nameFor = (accountId) => `holdfast-${accountId}`;

/** Opens the account's database; `onErased` is called when another tab deletes it, `onLost` when it or the browser takes it away otherwise, `onFull` when it has no room. */
export async function open(accountId, { onErased, onLost, onFull }) {
  const db = await openDB(nameFor(accountId), VERSION, {
    upgrade(fresh) {
      fresh.createObjectStore('channel', { keyPath: 'id' });
      const message = fresh.createObjectStore('message', { keyPath: 'id' });
      message.createIndex('place', ['channelId', 'position']);
      fresh.createObjectStore('account', { keyPath: 'id' });
      fresh.createObjectStore('outbox', { keyPath: 'n' });
      fresh.createObjectStore('kept');
    },
    blocking: () => db.close(),
    terminated: onLost,
  });
  db.addEventListener('versionchange', ({ newVersion }) => (newVersion === null ? onErased : onLost)?.());
  return new Database(db, onFull);
}

/** Deletes what this browser keeps of an account. A tab that sleeps may hold it open: then it goes when that tab wakes. */
export const erase = (accountId) => new Promise((resolve, reject) => {
  deleteDB(nameFor(accountId), { blocked: resolve }).then(resolve, reject);
});

class Database {
  #db;
  #onFull;
  #clearings = 0;

  constructor(db, onFull) {
    this.#db = db;
    this.#onFull = onFull;
  }

  get name() {
    return this.#db.name;
  }

  close() {
    this.#db.close();
  }

  all = (store) => this.#db.getAll(store);
  get = (store, key) => this.#db.get(store, key);
  // Committed at once, without waiting for answers: a page that is closed in this moment has kept what was written.
  put = (store, value, key) => this.#write([store], (tx) => [tx.objectStore(store).put(value, key), tx.commit()]);
  delete = (store, key) => this.#write([store], (tx) => [tx.objectStore(store).delete(key), tx.commit()]);

  /** Messages by id, in the order asked; undefined where there is none. */
  async messages(ids) {
    const tx = this.#db.transaction('message');
    return Promise.all(ids.map((id) => tx.store.get(id)));
  }

  /** Merges messages and patches channels in one transaction: a cursor is never ahead of the messages it speaks for. */
  merge(messages, patches = []) {
    return this.#write(['message', 'channel'], (tx) => {
      const [message, channel] = [tx.objectStore('message'), tx.objectStore('channel')];
      return [
        ...messages.map((each) => message.get(each.id).then((held) => message.put(newer(held, each)))),
        ...patches.map((each) => channel.get(each.id).then((held) => (held || each.kind) && channel.put(patched(held, each)))),
      ];
    });
  }

  async #write(stores, work) {
    const tx = this.#db.transaction(stores, 'readwrite');
    const clearings = this.#clearings;
    try {
      await Promise.all([...work(tx), tx.done]);
    } catch (failure) {
      if (failure.name !== 'QuotaExceededError' && tx.error?.name !== 'QuotaExceededError') throw failure;
      if (clearings === this.#clearings) this.#onFull(); // else room has been made since, and all was written again
    }
  }

  /** Writes messages as they are, without reading first: a page that is being left has no time for answers. */
  putInPassing(messages) {
    const tx = this.#db.transaction('message', 'readwrite');
    messages.forEach((each) => tx.store.put(each).catch(() => {}));
    tx.done.catch(() => {});
    tx.commit();
  }

  /** Forgets a channel's messages, and the channel itself unless a record to keep is given. */
  forget(channelId, record) {
    return this.#write(['message', 'channel'], (tx) => [
      eraseAll(tx.objectStore('message').index('place'), within(channelId)),
      record ? tx.objectStore('channel').put(record) : tx.objectStore('channel').delete(channelId),
    ]);
  }

  /** Up to `max` messages of a channel from position `low` on and below `position`, oldest first. */
  async before(channelId, low, position, max) {
    if (low >= position) return [];
    const range = IDBKeyRange.bound([channelId, low], [channelId, position], false, true);
    return (await this.#walk(range, 'prev', max)).reverse();
  }

  /** Up to `max` messages of a channel from position `low` on and above `position`, oldest first. */
  async after(channelId, low, position, max) {
    const isHeld = position < low;
    return this.#walk(IDBKeyRange.bound([channelId, Math.max(low, position)], [channelId, Infinity], !isHeld, false), 'next', max);
  }

  async #walk(range, direction, max) {
    const found = [];
    const index = this.#db.transaction('message').store.index('place');
    for (let cursor = await index.openCursor(range, direction); cursor && found.length < max; cursor = await cursor.continue()) {
      found.push(cursor.value);
    }
    return found;
  }

  async clear(...stores) {
    this.#clearings += 1;
    const tx = this.#db.transaction(stores, 'readwrite');
    await Promise.all([...stores.map((name) => tx.objectStore(name).clear()), tx.done]);
  }
}

async function eraseAll(index, range) {
  for (let cursor = await index.openCursor(range); cursor; cursor = await cursor.continue()) cursor.delete();
}

const within = (channelId) => IDBKeyRange.bound([channelId, -Infinity], [channelId, Infinity]);
