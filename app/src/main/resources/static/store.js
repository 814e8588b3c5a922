// The page's own copy of everything it shows. Views read nothing else and are told when what they watch has changed.
// Memory is the face of it, IndexedDB the body; other tabs follow through a BroadcastChannel.
import * as database from './database.js';
import { Log } from './log.js';
import { newer, running, withText } from './merge.js';
import { Tabs } from './tabs.js';

const WRITE_TEXT_EVERY = 100; // ms; growing text goes to IndexedDB in steps, the end of a reply at once
const WRITE_LONG_TEXT_EVERY = 500; // each step writes the whole text
const LONG = 20_000;
const REMEMBERED = 3_000; // messages in memory beyond the logs that are open

export class Store {
  /** 'starting' | 'setup' | 'signed-out' | 'signed-in' */
  session = 'starting';
  me = null;
  /** 'connecting' | 'live' | 'reconnecting' | 'offline' */
  connection = 'connecting';
  route = { page: 'start', parameters: {} };
  /** Answers that nobody needs offline (search results, sessions, invitations), by topic. */
  shelf = new Map();

  channels = new Map();
  accounts = new Map();
  outbox = [];
  kept = new Map();

  #watchers = new Map();
  #messages = new Map();
  #logs = new Map();
  #unwritten = new Set();
  #timer = 0;
  #db = null;
  tabs = null;

  // --- watching ---

  /** Calls `callback` after each change of a topic ('channels', 'messages:<channel>', ...); returns the way to stop. */
  watch(topics, callback) {
    topics.forEach((topic) => {
      if (!this.#watchers.has(topic)) this.#watchers.set(topic, new Set());
      this.#watchers.get(topic).add(callback);
    });
    return () => topics.forEach((topic) => this.#watchers.get(topic).delete(callback));
  }

  changed(...topics) {
    const due = new Set(topics.flatMap((topic) => [...(this.#watchers.get(topic) ?? [])]));
    due.forEach((callback) => callback());
  }

  set(values) {
    Object.assign(this, values);
    this.changed(...Object.keys(values));
  }

  /** Keeps an answer for the views of this tab. */
  lay(topic, value) {
    this.shelf.set(topic, value);
    this.changed(topic);
  }

  // --- opening and leaving ---

  /** Opens the copy of an account and joins its other tabs. */
  async open(me, { onLead, onYield }) {
    await this.close();
    this.#db = await database.open(me.id, () => this.#lost());
    await this.#load();
    const known = await this.#db.get('kept', 'me');
    this.me = me.handle ? me : (known ?? me);
    await this.keep('me', this.me);
    this.tabs = new Tabs(database.nameFor(me.id), { onMessage: (data) => this.#hear(data), onLead, onYield });
    this.tabs.tell({ type: 'joined' });
    this.set({ session: 'signed-in' });
    this.changed('me', 'channels', 'accounts', 'outbox', 'kept');
  }

  async #load() {
    const [channels, accounts, outbox] = await Promise.all(['channel', 'account', 'outbox'].map((name) => this.#db.all(name)));
    this.channels = byId(channels);
    this.accounts = byId(accounts);
    this.outbox = outbox;
    this.kept = new Map([['drafts', (await this.#db.get('kept', 'drafts')) ?? {}]]);
  }

  /** Lets go of the copy; it stays in IndexedDB. */
  async close() {
    this.tabs?.close();
    this.tabs = null;
    this.#db?.close();
    this.#db = null;
    for (const each of [this.channels, this.accounts, this.kept, this.#messages, this.#logs, this.shelf]) each.clear();
    this.#unwritten.clear();
    this.outbox = [];
    this.me = null;
  }

  /** Forgets the account on this browser, in all its tabs; with `keepUnsent`, what has not been sent yet stays. */
  async wipe({ keepUnsent }) {
    const id = this.me.id;
    this.tabs?.tell({ type: 'wiped' });
    if (keepUnsent && this.outbox.length > 0) await this.#db.clear();
    const unsent = keepUnsent && this.outbox.length > 0;
    await this.close();
    if (!unsent) await database.erase(id);
  }

  /** Another tab signed out, or the browser took the database away. */
  #lost() {
    this.close();
    this.set({ session: 'starting' });
    this.changed('lost');
  }

  // --- messages ---

  /** A message, from memory or IndexedDB. */
  async message(id) {
    return this.#messages.get(id) ?? (await this.#db.messages([id]))[0];
  }

  /** A message if it is in memory. */
  remembered(id) {
    return this.#messages.get(id);
  }

  /** The window on a channel's messages that its view shows. */
  log(channelId) {
    if (!this.#logs.has(channelId)) this.#logs.set(channelId, new Log(this, channelId));
    return this.#logs.get(channelId);
  }

  /** Lets go of the windows that no view shows. */
  leaveLogs(exceptChannelId) {
    for (const id of this.#logs.keys()) if (id !== exceptChannelId) this.#logs.delete(id);
  }

  before = async (channelId, position, max) => this.#recall(await this.#db.before(channelId, position, max));
  after = async (channelId, position, max) => this.#recall(await this.#db.after(channelId, position, max));

  /** What IndexedDB says, brought together with what memory holds. */
  #recall(list) {
    return list.map((each) => {
      const message = newer(this.#messages.get(each.id), each);
      this.#messages.set(each.id, message);
      return message;
    });
  }

  /** Takes messages in, with the channel's new cursor where there is one. Shows them at once and writes them behind. */
  async take(channelId, messages, channelPatch = {}) {
    await this.#remember(messages.map((each) => each.id));
    const merged = messages.map((each) => newer(this.#messages.get(each.id), each));
    this.#show(channelId, merged);
    const channel = this.#patched(channelId, channelPatch);
    this.tabs?.tell({ type: 'messages', channelId, messages: merged, channel });
    if (channel) this.changed('channels');
    await this.#db?.merge(merged, channel ? [channel] : []);
  }

  /** Appends pieces of text; answers whether some didn't fit, so that the channel must be read again. */
  async takeText(channelId, pieces) {
    await this.#remember(pieces.map((piece) => piece.message));
    let fits = true;
    for (const piece of pieces) {
      const held = this.#messages.get(piece.message);
      const message = held && withText(held, piece);
      if (!message) fits = false;
      else if (message !== held) this.#grow(channelId, message, piece);
    }
    return fits;
  }

  #grow(channelId, message, piece) {
    this.#show(channelId, [message]);
    this.#unwritten.add(message.id);
    this.#timer ||= setTimeout(() => this.writeText(), message.content.length < LONG ? WRITE_TEXT_EVERY : WRITE_LONG_TEXT_EVERY);
    this.tabs?.tell({ type: 'text', channelId, piece });
  }

  /** Writes the text that has grown since. */
  async writeText() {
    const messages = this.#takeUnwritten();
    if (messages.length > 0) await this.#db?.merge(messages);
  }

  /** The same for a page that is being left. */
  writeTextInPassing() {
    const messages = this.#takeUnwritten();
    if (messages.length > 0) this.#db?.putInPassing(messages);
  }

  #takeUnwritten() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const messages = [...this.#unwritten].map((id) => this.#messages.get(id)).filter(Boolean);
    this.#unwritten.clear();
    return messages;
  }

  async #remember(ids) {
    const missing = ids.filter((id) => !this.#messages.has(id));
    if (missing.length === 0 || !this.#db) return;
    this.#recall((await this.#db.messages(missing)).filter(Boolean));
  }

  #show(channelId, messages) {
    messages.forEach((each) => this.#messages.set(each.id, each));
    if (this.#messages.size > REMEMBERED) this.#forgetSome();
    this.#logs.get(channelId)?.show(messages);
    this.changed(`messages:${channelId}`);
  }

  #forgetSome() {
    for (const [id, message] of this.#messages) {
      if (this.#messages.size <= REMEMBERED / 2) return;
      if (!running(message) && !this.#unwritten.has(id)) this.#messages.delete(id);
    }
  }

  // --- channels and accounts ---

  /** Lays the server's list of channels over ours; those no longer in it are forgotten. */
  async takeChannels(list) {
    for (const id of [...this.channels.keys()]) {
      if (!list.some((each) => each.id === id)) await this.forgetChannel(id);
    }
    const channels = list.map((each) => {
      const held = this.channels.get(each.id) ?? {};
      const readAhead = held.unsentRead > each.lastReadSeq;
      return { ...held, ...each, counted: each.seq, ...(readAhead ? { lastReadSeq: held.unsentRead, unread: 0 } : {}) };
    });
    await this.putChannels(channels);
  }

  async putChannels(channels) {
    channels.forEach((each) => this.channels.set(each.id, each));
    this.changed('channels');
    this.tabs?.tell({ type: 'channels', channels });
    await this.#db?.merge([], channels);
  }

  async patchChannel(channelId, patch) {
    const channel = this.#patched(channelId, patch);
    if (channel) await this.putChannels([channel]);
  }

  #patched(channelId, patch) {
    const held = this.channels.get(channelId);
    if (!held || Object.keys(patch).length === 0) return null;
    const channel = { ...held, ...patch };
    this.channels.set(channelId, channel);
    return channel;
  }

  /** Throws a channel's messages away, to be read anew; the channel itself goes too unless `keep`. */
  async forgetChannel(channelId, { keep = false } = {}) {
    const { cursor, low, whole, ...rest } = this.channels.get(channelId) ?? { id: channelId };
    this.#drop(channelId, keep ? rest : null);
    this.tabs?.tell({ type: 'forget', channelId, record: keep ? rest : null });
    await this.#db?.forget(channelId, keep ? rest : null);
  }

  #drop(channelId, record) {
    for (const [id, message] of this.#messages) if (message.channelId === channelId) this.#messages.delete(id);
    if (record) this.channels.set(channelId, record);
    else this.channels.delete(channelId);
    this.#logs.get(channelId)?.clear();
    this.changed('channels', `messages:${channelId}`);
  }

  async takeAccounts(list) {
    const fresh = list.filter((each) => differs(this.accounts.get(each.id), each));
    if (fresh.length === 0) return;
    fresh.forEach((each) => this.accounts.set(each.id, { ...this.accounts.get(each.id), ...each }));
    this.changed('accounts');
    this.tabs?.tell({ type: 'accounts', accounts: fresh });
    for (const each of fresh) await this.#db?.put('account', this.accounts.get(each.id));
  }

  // --- small things kept: drafts, who I am, where the copy comes from ---

  async keep(name, value) {
    this.kept.set(name, value);
    await this.#db?.put('kept', value, name);
  }

  recall = async (name) => this.kept.get(name) ?? this.#db?.get('kept', name);

  // --- the outbox (its rules are in outbox.js) ---

  async putEntry(entry) {
    this.#putEntry(entry);
    await this.#db?.put('outbox', entry);
    this.tabs?.tell({ type: 'outbox', entry });
  }

  async removeEntry(n) {
    this.#removeEntry(n);
    this.tabs?.tell({ type: 'outbox', removed: n });
    await this.#db?.delete('outbox', n);
  }

  #putEntry(entry) {
    this.outbox = [...this.outbox.filter((each) => each.n !== entry.n), entry].sort((a, b) => a.n - b.n);
    this.changed('outbox', `messages:${entry.channelId}`);
  }

  #removeEntry(n) {
    const entry = this.outbox.find((each) => each.n === n);
    this.outbox = this.outbox.filter((each) => each.n !== n);
    if (entry) this.changed('outbox', `messages:${entry.channelId}`);
  }

  // --- what other tabs say ---

  #hear(data) {
    switch (data.type) {
      case 'messages':
        if (data.channel) this.channels.set(data.channelId, data.channel);
        this.#show(data.channelId, data.messages.map((each) => newer(this.#messages.get(each.id), each)));
        if (data.channel) this.changed('channels');
        break;
      case 'text': return this.#hearText(data.channelId, data.piece);
      case 'want': return this.tabs.leads ? this.#lend(data.id) : undefined;
      case 'joined': return this.tabs.leads ? this.tabs.tell({ type: 'connection', connection: this.connection }) : undefined;
      case 'channels':
        data.channels.forEach((each) => this.channels.set(each.id, each));
        this.changed('channels');
        break;
      case 'forget': return this.#drop(data.channelId, data.record);
      case 'accounts':
        data.accounts.forEach((each) => this.accounts.set(each.id, each));
        this.changed('accounts');
        break;
      case 'outbox':
        if (data.entry) this.#putEntry(data.entry);
        else this.#removeEntry(data.removed);
        if (data.entry) this.changed('outbox:due');
        break;
      case 'me': return this.set({ me: data.me });
      case 'connection': return this.set({ connection: data.connection });
      case 'wiped': return this.#lost();
      default: this.changed(data.type); // a plain signal between the same modules of different tabs
    }
    return undefined;
  }

  /** A tab that came in between doesn't hold what goes before; the leading tab does. */
  async #hearText(channelId, piece) {
    await this.#remember([piece.message]);
    const held = this.#messages.get(piece.message);
    const message = held && withText(held, piece);
    if (message) this.#show(channelId, [message]);
    else this.tabs?.tell({ type: 'want', id: piece.message });
  }

  #lend(id) {
    const message = this.#messages.get(id);
    if (message) this.tabs.tell({ type: 'messages', channelId: message.channelId, messages: [message] });
  }

  /** After a sleep, or when this tab begins to lead: what IndexedDB knows and this tab may have missed. */
  async refresh() {
    await this.#load();
    const ids = [...this.#messages.keys()];
    this.#recall((await this.#db.messages(ids)).filter(Boolean));
    for (const log of this.#logs.values()) log.show(log.items.map((each) => this.#messages.get(each.id) ?? each));
    this.changed('channels', 'accounts', 'outbox', 'kept', ...[...this.#logs.keys()].map((id) => `messages:${id}`));
  }

  /** All that this browser holds, for tests and for the curious: `await holdfast.store.dump()`. */
  async dump() {
    await this.writeText();
    const messages = (await this.#db.all('message')).map((each) => newer(this.#messages.get(each.id), each));
    return { channels: [...this.channels.values()], messages, outbox: this.outbox };
  }
}

const byId = (list) => new Map(list.map((each) => [each.id, each]));

const differs = (held, incoming) =>
  !held || Object.keys(incoming).some((key) => JSON.stringify(held[key]) !== JSON.stringify(incoming[key]));

export const store = new Store();
