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

export class Store extends Topics {
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
  #hasStartedOver = false;
  #isStartingOver = false;
  #openings = 0;
  #lost = null; // whose copy was let go of, so whose entries may be in memory
  #changes = 0; // of what is loaded as a whole

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
    const unsent = (this.me ?? this.#lost)?.id === me.id ? this.outbox : []; // what the copy before had no room for
    this.close();
    this.entries.list = unsent;
    const opening = ++this.#openings;
    const copy = await this.#openCopy(me.id);
    if (opening !== this.#openings) return copy.close(); // another has begun meanwhile
    this.copy = copy;
    let early = [];
    const onMessage = (data) => (early ? early.push(data) : hear(this, data));
    this.tabs = new Tabs(copy.name, { onMessage, onLead, onYield });
    const before = await this.#load();
    if (this.copy !== copy) return undefined; // lost meanwhile
    const missing = before.filter((each) => !this.outbox.some(({ n }) => n === each.n));
    missing.forEach((each) => this.entries.lay(each));
    const heard = early;
    early = null;
    heard.forEach((data) => hear(this, data)); // told while the copy was being read, so what was read may be older
    await this.keep('me', me.handle ? me : (this.kept.get('me') ?? me));
    for (const { n } of missing) {
      const entry = this.outbox.find((each) => each.n === n); // unless it was sent meanwhile
      if (entry && this.copy === copy) await this.entries.put(entry);
    }
    if (this.copy !== copy) return undefined; // or now
    this.tabs.join();
    this.tell({ type: 'joined' });
    this.set({ session: 'signed-in' });
    this.changed('channels', 'accounts', 'outbox', 'kept');
    return undefined;
  }

  async #openCopy(accountId) {
    if (this.forgetful) return new Memory();
    try {
      return await database.open(accountId, { onLost: () => this.lose(), onFull: () => this.#startOver() });
    } catch (failure) {
      console.warn('Nothing is kept beyond this tab: this browser gives Holdfast no database.', failure);
      this.set({ forgetful: true });
      return new Memory();
    }
  }

  /** Reads the copy into memory; answers the outbox that was there before. */
  async #load() {
    const { copy } = this;
    let read;
    let changes;
    do { // what changes while it is being read may be missing in it
      changes = this.#changes;
      read = await Promise.all([
        ...['channel', 'account', 'outbox'].map((name) => copy.all(name)), ...KEPT.map((name) => copy.get('kept', name)),
      ]);
      if (this.copy !== copy) return []; // let go of meanwhile
    } while (changes !== this.#changes);
    const [channels, accounts, outbox, ...kept] = read;
    this.channels.clear();
    channels.forEach((each) => this.channels.set(each.id, each));
    this.accounts = new Map(accounts.map((each) => [each.id, each]));
    const before = this.outbox;
    this.entries.list = outbox;
    KEPT.forEach((name, index) => this.kept.set(name, kept[index]));
    return before;
  }

  /** Lets go of the copy; it stays in IndexedDB. */
  close() {
    this.tabs?.close();
    this.copy?.close();
    this.tabs = this.copy = this.me = null;
    for (const each of [this.channels, this.accounts, this.kept, this.messages, this.shelf]) each.clear();
    this.entries.list = [];
  }

  /** Forgets the account on this browser, in all its tabs; with `keepUnsent`, what has not been sent yet stays. */
  async wipe({ keepUnsent }) {
    const { id } = this.me;
    const unsent = keepUnsent && this.outbox.length > 0;
    this.tell({ type: 'wiped' });
    await this.copy.clear('channel', 'message', 'account', 'kept', ...(unsent ? [] : ['outbox'])).catch(() => {});
    this.close();
    if (!unsent) await database.erase(id).catch(() => {}); // without IndexedDB there is nothing to erase
  }

  /** Another tab signed out, or the browser took the database away. */
  lose({ keepsUnsent = this.forgetful } = {}) {
    if (!this.copy) return;
    const unsent = keepsUnsent ? this.outbox : [];
    this.#lost = this.me;
    this.close();
    this.entries.list = unsent;
    this.set({ session: 'starting' });
    this.changed('lost');
  }

  /** The copy has outgrown the room that the browser gives: it begins again with the newest; without room even for that, in memory. */
  async #startOver() {
    const { copy } = this;
    if (!copy || this.#isStartingOver) return;
    this.#isStartingOver = true;
    this.forgetful = this.#hasStartedOver;
    this.#hasStartedOver = true;
    await copy.clear('channel', 'message', ...(this.forgetful ? ['outbox'] : [])).catch(() => {});
    this.tell({ type: 'wiped' });
    this.lose({ keepsUnsent: true }); // the last one may be what there was no room for
    this.#isStartingOver = false;
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

const differs = (held, incoming) =>
  !held || Object.keys(incoming).some((key) => JSON.stringify(held[key]) !== JSON.stringify(incoming[key]));

export const store = new Store();
