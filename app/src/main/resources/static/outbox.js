// What the user did and the server has not confirmed yet. Every act is kept first and sent after, in order per channel;
// views show it at once (`overlay`). The leading tab sends.
import * as api from './api.js';

const MOST = 60_000;

export class Outbox {
  #store;
  #busy = new Set();
  #active = false;
  #notBefore = 0;
  #timer = 0;
  #signedOut;

  constructor(store, { signedOut }) {
    this.#store = store;
    this.#signedOut = signedOut;
    store.watch(['outbox:due'], () => this.send());
    store.watch(['connection'], () => store.connection === 'live' && this.sendNow());
    addEventListener('online', () => this.sendNow());
  }

  /** Begins to send; only the leading tab does. */
  start() {
    this.#active = true;
    this.sendNow();
  }

  stop() {
    this.#active = false;
    clearTimeout(this.#timer);
  }

  // --- what users do ---

  post(channelId, content, replyTo) {
    return this.#add({ kind: 'post', channelId, messageId: uuid(), content, replyTo });
  }

  /** Changes a message; one that has never left this browser is changed where it lies. */
  edit(message, content) {
    const unsent = this.#unsent(message.id);
    if (unsent) return this.#store.entries.put({ ...unsent, content, state: 'waiting', reason: undefined, notBefore: 0 }).then(() => this.send());
    return this.#add({ kind: 'edit', channelId: message.channelId, messageId: message.id, content });
  }

  remove(message) {
    const unsent = this.#unsent(message.id);
    if (unsent) return this.#store.entries.discard(unsent.n);
    return this.#add({ kind: 'delete', channelId: message.channelId, messageId: message.id });
  }

  stopReply = (message) => this.#add({ kind: 'stop', ...run(message) });
  retryReply = (message) => this.#add({ kind: 'retry', ...run(message) });

  discard = (n) => this.#store.entries.discard(n);

  async again(n) {
    const entry = this.#store.outbox.find((each) => each.n === n);
    if (!entry) return;
    await this.#store.entries.put({ ...entry, state: 'waiting', reason: undefined, notBefore: 0 });
    this.send();
  }

  /** The post of this message if the server cannot have seen it: never tried, or refused. */
  #unsent(messageId) {
    return this.#store.outbox.find((each) => each.kind === 'post' && each.messageId === messageId && (!each.tried || each.state === 'failed'));
  }

  async #add(fields) {
    const last = this.#store.outbox.at(-1)?.n ?? 0;
    const n = Math.max(Date.now(), Math.floor(last) + 1) + Math.random() / 2; // the fraction keeps two tabs apart
    const entry = { n, state: 'waiting', attempts: 0, notBefore: 0, createdAt: new Date().toISOString(), ...fields };
    const kept = this.#store.entries.put(entry); // on screen before this returns
    await kept.catch((failure) => console.warn('The outbox is in memory only: this browser has no room to keep it.', failure));
    this.send();
    return entry;
  }

  // --- sending ---

  /** Forgets about waiting (but not about a limit): the server is back, or this tab has just begun to lead. */
  sendNow() {
    for (const entry of this.#store.outbox) entry.notBefore = 0;
    this.send();
  }

  send() {
    clearTimeout(this.#timer);
    if (!this.#active || !(navigator.onLine || this.#store.connection === 'live')) return; // the feed finds out who is there
    const heads = new Map();
    for (const entry of this.#store.outbox) {
      if (entry.state === 'waiting' && !heads.has(entry.channelId)) heads.set(entry.channelId, entry);
    }
    for (const entry of heads.values()) if (!this.#busy.has(entry.channelId)) this.#sendWhenDue(entry);
  }

  #sendWhenDue(entry) {
    const wait = Math.max(entry.notBefore, this.#notBefore) - performance.now();
    if (wait <= 0) this.#send(entry);
    else this.#timer = setTimeout(() => this.send(), Math.min(wait, 5_000));
  }

  async #send(entry) {
    this.#busy.add(entry.channelId);
    try {
      // Kept before the request leaves: from now on the server may know the message.
      if (!entry.tried) await this.#store.entries.put({ ...entry, tried: true });
      if (this.#current(entry)) await this.#deliver(entry); // else it was thrown away meanwhile, or its account left
    } catch (failure) {
      await this.#failed(entry, failure);
    } finally {
      this.#busy.delete(entry.channelId);
    }
    this.send();
  }

  async #deliver(entry) {
    const message = await CALLS[entry.kind](entry);
    if (message?.id) await this.#store.messages.take(entry.channelId, [message]);
    await this.#settle(entry);
  }

  /** Sent, perhaps by two tabs. What another tab changed about it meanwhile goes out as an act of its own. */
  async #settle(entry) {
    const now = this.#current(entry);
    if (now && now.content === entry.content) return this.#store.entries.remove(entry.n);
    const { channelId, messageId } = entry;
    if (now) await this.#store.entries.put({ ...now, kind: 'edit', state: 'waiting', attempts: 0, notBefore: 0 });
    else if (entry.kind === 'post' && this.#store.entries.discarded.has(entry.n)) await this.#add({ kind: 'delete', channelId, messageId });
    return undefined;
  }

  #current({ n }) {
    return this.#store.outbox.find((each) => each.n === n);
  }

  async #failed(entry, failure) {
    if (!this.#current(entry)) return undefined;
    if (failure.status === 401) {
      this.stop();
      return this.#signedOut();
    }
    if (isRefusal(failure)) {
      if (pointless(entry, failure)) return this.#store.entries.remove(entry.n);
      return this.#refused({ ...entry, tried: true, state: 'failed', reason: failure.message });
    }
    const attempts = entry.attempts + 1;
    const backoff = Math.min(MOST, 500 * 2 ** Math.min(attempts, 10)) * (0.5 + Math.random() / 2);
    const wait = failure.retryAfter ? failure.retryAfter * 1_000 : backoff;
    const notBefore = performance.now() + wait; // nobody sets this clock
    if (failure.status === 429) this.#notBefore = notBefore; // the limit is the person's, not the channel's
    return this.#store.entries.put({ ...entry, tried: true, attempts, notBefore });
  }

  /** What was done since to a message that never came to be is done to what lies here of it. */
  async #refused(entry) {
    const later = entry.kind === 'post' ? this.#store.outbox.filter((each) => each.messageId === entry.messageId && each.n !== entry.n) : [];
    for (const each of later) await this.#store.entries.remove(each.n);
    if (later.some((each) => each.kind === 'delete')) return this.#store.entries.remove(entry.n);
    const edited = later.findLast((each) => each.kind === 'edit');
    return this.#store.entries.put(edited ? { ...entry, content: edited.content, state: 'waiting', reason: undefined } : entry);
  }
}

const CALLS = {
  post: ({ channelId, messageId, content, replyTo }) => api.post(`/api/channels/${channelId}/messages`, { id: messageId, content, ...(replyTo && { replyTo }) }),
  edit: ({ messageId, content }) => api.patch(`/api/messages/${messageId}`, { content }),
  delete: ({ messageId }) => api.remove(`/api/messages/${messageId}`),
  stop: ({ messageId, queuedAt }) => api.post(`/api/messages/${messageId}/stop`, { queuedAt }),
  retry: ({ messageId, queuedAt }) => api.post(`/api/messages/${messageId}/retry`, { queuedAt }),
};

/** The run that is on screen: by the time this arrives (again, if an answer was lost) somebody may have begun another. */
const run = ({ channelId, id, generation }) => ({ channelId, messageId: id, queuedAt: generation?.queuedAt });

/** A refusal will be the same next time; anything else is worth another try. */
const isRefusal = ({ status }) => status >= 400 && status < 500 && ![408, 425, 429].includes(status);

/** Nothing to tell the user: the reply that was to be stopped has ended, the message that was to be deleted is gone. */
const pointless = (entry, { status }) =>
  (['stop', 'retry'].includes(entry.kind) && status === 409) || (entry.kind === 'delete' && [404, 409, 410].includes(status));

function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // plain http on a LAN address has no randomUUID
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
