// The IndexedDB behind the store: one database per account, so that two people on one browser never meet.
import { deleteDB, openDB } from 'idb';
import { newer } from './merge.js';

const VERSION = 1;

export const nameFor = (accountId) => `holdfast-${accountId}`;

/** Opens the account's database; `onLost` is called when another tab deletes it or the browser takes it away. */
export async function open(accountId, onLost) {
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
  db.addEventListener('versionchange', onLost);
  return new Database(db);
}

/** Deletes everything that this browser keeps of an account. */
export const erase = (accountId) => deleteDB(nameFor(accountId));

class Database {
  #db;

  constructor(db) {
    this.#db = db;
  }

  close() {
    this.#db.close();
  }

  all(store) {
    return this.#db.getAll(store);
  }

  put(store, value, key) {
    return this.#db.put(store, value, key);
  }

  get(store, key) {
    return this.#db.get(store, key);
  }

  delete(store, key) {
    return this.#db.delete(store, key);
  }

  /** Messages by id, in the order asked; undefined where there is none. */
  async messages(ids) {
    const tx = this.#db.transaction('message');
    return Promise.all(ids.map((id) => tx.store.get(id)));
  }

  /** Merges messages and patches channels in one transaction: a cursor is never ahead of the messages it speaks for. */
  async merge(messages, channels = []) {
    const tx = this.#db.transaction(['message', 'channel'], 'readwrite');
    const store = tx.objectStore('message');
    for (const message of messages) {
      store.get(message.id).then((held) => store.put(newer(held, message)));
    }
    for (const channel of channels) tx.objectStore('channel').put(channel);
    await tx.done;
  }

  /** Writes messages as they are, without reading first: a page that is being left has no time for answers. */
  putInPassing(messages) {
    const tx = this.#db.transaction('message', 'readwrite');
    messages.forEach((each) => tx.store.put(each).catch(() => {}));
    tx.done.catch(() => {});
    tx.commit();
  }

  /** Forgets a channel's messages, and the channel itself unless a record to keep is given. */
  async forget(channelId, record) {
    const tx = this.#db.transaction(['message', 'channel'], 'readwrite');
    const place = tx.objectStore('message').index('place');
    for (let cursor = await place.openCursor(within(channelId)); cursor; cursor = await cursor.continue()) {
      cursor.delete();
    }
    if (record) tx.objectStore('channel').put(record);
    else tx.objectStore('channel').delete(channelId);
    await tx.done;
  }

  /** Up to `max` messages of a channel below a position, oldest first. */
  async before(channelId, position, max) {
    const range = IDBKeyRange.bound([channelId, -Infinity], [channelId, position], false, true);
    return (await this.#walk(range, 'prev', max)).reverse();
  }

  /** Up to `max` messages of a channel above a position, oldest first. */
  async after(channelId, position, max) {
    return this.#walk(IDBKeyRange.bound([channelId, position], [channelId, Infinity], true, false), 'next', max);
  }

  async #walk(range, direction, max) {
    const found = [];
    const index = this.#db.transaction('message').store.index('place');
    for (let cursor = await index.openCursor(range, direction); cursor && found.length < max; cursor = await cursor.continue()) {
      found.push(cursor.value);
    }
    return found;
  }

  /** Empties everything but what has not been sent yet. */
  async clear() {
    const names = ['channel', 'message', 'account', 'kept'];
    const tx = this.#db.transaction(names, 'readwrite');
    names.forEach((name) => tx.objectStore(name).clear());
    await tx.done;
  }
}

const within = (channelId) => IDBKeyRange.bound([channelId, -Infinity], [channelId, Infinity]);
