// The page's own copy of everything it shows. Views read nothing else and are told when what they watch has changed.
// Memory is the face of it, IndexedDB the body; other tabs follow through a BroadcastChannel.
import { Channels } from './store/channels.js';
import * as database from './store/database.js';
import { Entries } from './store/entries.js';
import { hear } from './store/hear.js';
import { Memory } from './store/memory.js';
import { newer } from './store/merge.js';
import { Messages } from './store/messages.js';
import { Tabs } from './store/tabs.js';
import { Topics } from './store/topics.js';

const KEPT = ['me', 'drafts', 'agents', 'lineage'];
const LOADED = new Set(['channels', 'accounts', 'outbox', 'kept']); // topics of what is read from the copy as a whole

class Store extends Topics {
  /** 'starting' | 'setup' | 'signed-out' | 'signed-in' */
  session = 'starting';
  me = null;
  /** 'connecting' | 'live' | 'reconnecting' | 'offline' */
  connection = 'connecting';
  route = { page: 'start', parameters: {} };
  /** Answers that nobody needs offline (search results, sessions, invitations), by topic. */
  shelf = new Map();

  channels = new Channels(this);
  messages = new Messages(this);
  entries = new Entries(this);
  accounts = new Map();
  /** Small things: who I am, drafts, the agents, the lineage of the database that the copy is of. */
  kept = new Map();

  copy = null;
  tabs = null;
  /** Whether the browser refused to keep a copy, so that nothing outlasts this tab. */
  forgetful = false;
  #leading = null; // what to call when this tab begins and ceases to lead
  #openings = 0;
  #changes = 0; // of what is loaded as a whole
  #wasEmptied = false;
  #memories = new Map(); // by account, where nothing outlasts the tab: what has not been sent outlasts the session

  get outbox() {
    return this.entries.list;
  }

  changed(...topics) {
    if (topics.some((topic) => LOADED.has(topic))) this.#changes += 1;
    super.changed(...topics);
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

  tell(message) {
    this.tabs?.tell(message);
  }

  // --- opening and leaving ---

  /** Opens the copy of an account and joins its other tabs. */
  async open(me, { onLead, onYield }) {
    this.close();
    this.#leading = { onLead, onYield };
    const opening = this.#openings;
    const copy = await this.#openCopy(me.id);
    if (opening !== this.#openings) return copy.close(); // another has begun meanwhile
    let early = [];
    this.#take(copy, (data) => (early ? early.push(data) : hear(this, data)));
    await this.#load();
    if (opening !== this.#openings) return undefined; // lost meanwhile
    const heard = early;
    early = null;
    heard.forEach((data) => hear(this, data)); // told while the copy was being read, so what was read may be older
    await this.keep('me', me.handle ? me : (this.kept.get('me') ?? me));
    if (opening !== this.#openings) return undefined; // or now
    this.set({ session: 'signed-in' });
    this.tabs.join();
    this.tell({ type: 'joined' });
    this.changed('channels', 'accounts', 'outbox', 'kept');
    return undefined;
  }

  #take(copy, onMessage = (data) => hear(this, data)) {
    this.copy = copy;
    this.tabs = new Tabs(copy.name, { onMessage, ...this.#leading });
  }

  async #openCopy(accountId) {
    if (this.forgetful) return this.#memoryOf(accountId);
    try {
      const copy = await database.open(accountId, {
        onErased: () => copy === this.copy && this.lose('wiped'),
        onLost: () => copy === this.copy && this.lose('lost'),
        onFull: () => copy === this.copy && this.#outgrown(),
      });
      return copy;
    } catch (failure) {
      console.warn('Nothing is kept beyond this tab: this browser gives Holdfast no database.', failure);
      this.set({ forgetful: true });
      return this.#memoryOf(accountId);
    }
  }

  #memoryOf(accountId) {
    if (!this.#memories.has(accountId)) this.#memories.set(accountId, new Memory());
    return this.#memories.get(accountId);
  }

  /** Reads the copy into memory. */
  async #load() {
    const { copy } = this;
    let read;
    let changes;
    do { // what changes while it is being read may be missing in it
      changes = this.#changes;
      read = await Promise.all([
        ...['channel', 'account', 'outbox'].map((name) => copy.all(name)), ...KEPT.map((name) => copy.get('kept', name)),
      ]);
      if (this.copy !== copy) return; // let go of meanwhile
    } while (changes !== this.#changes);
    const [channels, accounts, outbox, ...kept] = read;
    if (channels.length === 0 && this.channels.size > 0) return; // emptied for want of room: this tab knows more
    this.channels.clear();
    channels.forEach((each) => this.channels.set(each.id, each));
    this.accounts = new Map(accounts.map((each) => [each.id, each]));
    this.entries.list = outbox;
    KEPT.forEach((name, index) => this.kept.set(name, kept[index]));
  }

  /** Lets go of the copy; it stays in IndexedDB. */
  close() {
    this.#openings += 1;
    this.tabs?.close();
    this.copy?.close();
    this.tabs = this.copy = this.me = null;
    for (const each of [this.channels, this.accounts, this.kept, this.messages, this.shelf]) each.clear();
    this.entries.list = [];
  }

  /** Forgets the account on this browser, in all its tabs; with `keepUnsent`, what has not been sent yet stays, drafts too. */
  async wipe({ keepUnsent }) {
    if (keepUnsent) this.changed('leaving');
    const { copy } = this;
    const { id } = this.me;
    this.tell({ type: 'wiped', keepUnsent });
    this.copy = null; // what still happens here is not written any more
    await empty(copy, keepUnsent);
    this.close();
    if (keepUnsent && this.forgetful) await database.open(id, {}).then((left) => empty(left, keepUnsent), () => {}); // left when it had no more room
  }

  /** Leaves nothing of an account on this browser; none of its tabs is open on it any more. */
  async erase(id) {
    this.#memories.delete(id);
    await database.erase(id).catch(() => {}); // without IndexedDB there is nothing to erase
  }

  /** 'wiped': another tab signed out (with `keepUnsent`, the session ended). 'lost': the browser took the database away. */
  lose(topic, { keepUnsent = false } = {}) {
    if (!this.copy) return;
    if (keepUnsent) this.changed('leaving');
    this.close();
    this.set({ session: 'starting' });
    this.changed(topic);
  }

  // --- without room ---

  /** The copy has outgrown the room that the browser gives: the messages go, to be read anew; the second time all goes on in memory. */
  #outgrown() {
    if (this.#wasEmptied) return this.#goOnInMemory();
    this.#wasEmptied = true;
    this.copy.clear('channel', 'message').catch(unwritten); // begun before other tabs hear of it and write again
    this.tell({ type: 'emptied' });
    this.channels.dropMessages();
    this.#writeAll();
    return this.changed('emptied');
  }

  /** This tab stands for itself from now on, with what waits to be sent; other tabs go on with the copy. */
  #goOnInMemory() {
    const { copy, tabs } = this;
    for (const { n } of this.outbox) {
      copy.delete('outbox', n).catch(unwritten);
      this.tell({ type: 'no entry', n });
    }
    tabs.close();
    copy.close();
    this.#leading.onYield();
    this.#take(this.#memoryOf(this.me.id));
    this.channels.dropMessages();
    this.#writeAll();
    this.set({ forgetful: true });
    if (this.session === 'signed-in') this.tabs.join(); // else `open` has yet to do so
  }

  /** Writes all that memory holds but messages: some of it may be what there was no room for. */
  #writeAll() {
    const { copy } = this;
    const written = [
      this.channels.writeAgain(),
      ...[...this.accounts.values()].map((each) => copy.put('account', each)),
      ...this.outbox.map((each) => copy.put('outbox', each)),
      ...[...this.kept].map(([name, value]) => copy.put('kept', value, name)),
    ];
    Promise.all(written).catch(unwritten);
  }

  // --- accounts and small things ---

  async takeAccounts(list) {
    const fresh = list.filter((each) => differs(this.accounts.get(each.id), each)).map((each) => ({ ...this.accounts.get(each.id), ...each }));
    if (fresh.length === 0) return;
    this.layAccounts(fresh);
    this.tell({ type: 'accounts', accounts: fresh });
    await Promise.all(fresh.map((each) => this.copy?.put('account', each)));
  }

  layAccounts(accounts) {
    accounts.forEach((each) => this.accounts.set(each.id, each));
    this.changed('accounts');
  }

  async keep(name, value) {
    this.layKept(name, value);
    this.tell({ type: 'kept', name, value });
    await this.copy?.put('kept', value, name);
  }

  layKept(name, value) {
    this.kept.set(name, value);
    if (name === 'me') this.me = value;
    this.changed('kept', name);
  }

  // --- whole ---

  /** After a sleep, or when this tab begins to lead: what the copy knows and this tab may have missed. */
  async refresh() {
    if (this.copy) await this.#load();
    await this.messages.refresh();
    this.changed('channels', 'accounts', 'outbox', 'kept');
  }

  /** All that this browser holds, for tests and for the curious: `await holdfast.store.dump()`. */
  async dump() {
    await this.messages.writeText();
    const messages = (await this.copy.all('message')).map((each) => newer(this.messages.remembered(each.id), each));
    return { channels: [...this.channels.values()], messages, outbox: this.outbox };
  }
}

const unwritten = (failure) => console.warn('This browser did not take all that it was to keep.', failure);

async function empty(copy, keepUnsent) {
  const kept = keepUnsent ? KEPT.filter((name) => name !== 'drafts').map((name) => copy.delete('kept', name)) : [copy.clear('kept', 'outbox')];
  await Promise.allSettled([copy.clear('channel', 'message', 'account'), ...kept]);
  copy.close();
}

const differs = (held, incoming) =>
  !held || Object.keys(incoming).some((key) => JSON.stringify(held[key]) !== JSON.stringify(incoming[key]));

export const store = new Store();
