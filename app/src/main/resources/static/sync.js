// Keeps the store equal to the server: applies what the feed brings when it fits, and reads again what was missed.
// Only the leading tab does this. One thing at a time, in the order in which it came.
import * as api from './api.js';
import { behindHead } from './merge.js';

const FAR_BEHIND = 2_000; // changes; beyond that the newest page is cheaper than all that happened
const PAGE = 50;
const AT_FIRST = 40; // channels whose newest page is fetched before anybody opens them

export class Sync {
  #store;
  #queue = Promise.resolve();

  constructor(store) {
    this.#store = store;
  }

  /** Runs after everything that came before it; a failure is the caller's and doesn't stop the queue. */
  #inTurn(work) {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  /** The feed's first event: which channels are mine and how far each is. */
  hello = (event) => this.#inTurn(async () => {
    await this.#recogniseLineage(event.lineage);
    await this.#readChannels();
    await this.#compare(event);
    this.#fetchFirstPages();
  });

  /** Every 15 s: repairs what got lost without a later event to tell of it. */
  heads = (event) => this.#inTurn(async () => {
    if ([...seqs(event).keys()].some((id) => !this.#store.channels.has(id))) await this.#readChannels();
    await this.#compare(event);
  });

  /** A batch that takes a client from `after` to `seq`. */
  batch = (batch) => this.#inTurn(async () => {
    const channel = this.#store.channels.get(batch.channel);
    if (!channel) return this.#readChannels().then(() => this.#fetchFirstPages());
    if (channel.cursor === undefined) return this.#countOnly(channel, batch);
    if (batch.after > channel.cursor) return this.#catchUp(channel.id);
    return this.#apply(channel, batch);
  });

  /** My channels or my profile changed. */
  account = () => this.#inTurn(async () => {
    const me = await api.get('/api/me');
    await this.#store.keep('me', me);
    this.#store.set({ me });
    this.#store.tabs.tell({ type: 'me', me });
    await this.#readChannels();
    this.#fetchFirstPages();
    await this.#readAgents();
  });

  async #readChannels() {
    const list = await api.get('/api/channels');
    await this.#store.takeChannels(list);
    await this.#store.takeAccounts(list.flatMap((each) => each.members ?? []));
  }

  async #readAgents() {
    const agents = await api.get('/api/agents');
    await this.#store.keep('agents', agents);
    this.#store.changed('agents');
    this.#store.tabs?.tell({ type: 'agents' });
    await this.#store.takeAccounts(agents.map(({ id, handle, displayName }) => ({ id, handle, displayName, kind: 'agent' })));
  }

  /** A copy of a database that was then restored from a backup is of a future that never came. */
  async #recogniseLineage(name) {
    const known = await this.#store.recall('lineage');
    if (known && known !== name) {
      for (const id of [...this.#store.channels.keys()]) await this.#store.forgetChannel(id, { keep: true });
    }
    if (known !== name) await this.#store.keep('lineage', name);
  }

  async #compare(event) {
    const behind = await this.#behind(headsOf(event));
    for (const [id, seq] of seqs(event)) await this.#bring(id, seq, behind.has(id));
  }

  async #bring(channelId, seq, missesText) {
    const channel = this.#store.channels.get(channelId);
    if (!channel || channel.cursor === undefined) return;
    if (channel.cursor > seq) await this.#startOver(channel);
    else if (seq - channel.cursor > FAR_BEHIND) await this.#readAnew(channelId);
    else if (channel.cursor < seq || missesText) await this.#catchUp(channelId);
  }

  /** We are ahead of the server: it was restored from a backup, so our copy is of a future that never was. */
  async #startOver(channel) {
    const list = await api.get('/api/channels'); // the head we compared with may simply be old
    const now = list.find((each) => each.id === channel.id);
    if (now && now.seq < channel.cursor) await this.#readAnew(channel.id);
  }

  async #readAnew(channelId) {
    await this.#store.forgetChannel(channelId, { keep: true });
    await this.newestPage(channelId);
  }

  async #catchUp(channelId) {
    const channel = this.#store.channels.get(channelId);
    const changes = await api.get(`/api/channels/${channelId}/changes?after=${channel.cursor}`);
    if (changes.seq < channel.cursor) return this.#startOver(channel);
    return this.#apply(channel, changes, true);
  }

  async #apply(channel, { seq, messages, text }, isReRead = false) {
    const wanted = messages.filter((each) => each.position >= (channel.low ?? 0) || this.#store.remembered(each.id));
    if (wanted.length > 0 || seq > channel.cursor) {
      const cursor = Math.max(channel.cursor, seq);
      await this.#store.take(channel.id, wanted, { cursor, seq: cursor, ...this.#unread(channel, messages) });
      await this.#meetAuthors(messages);
    }
    const fits = await this.#store.takeText(channel.id, text ?? []);
    if (!fits && !isReRead) await this.#catchUp(channel.id);
  }

  async #countOnly(channel, { seq, messages }) {
    await this.#store.patchChannel(channel.id, { seq, ...this.#unread(channel, messages) });
  }

  /** What the server will count as unread: messages of others that are new here. */
  #unread(channel, messages) {
    const known = Math.max(channel.counted ?? 0, channel.lastReadSeq ?? 0);
    const fresh = messages.filter((each) => each.position > known && !each.deleted && each.author.id !== this.#store.me.id);
    const counted = messages.reduce((highest, each) => Math.max(highest, each.position), channel.counted ?? 0);
    return { unread: (channel.unread ?? 0) + fresh.length, counted };
  }

  async #meetAuthors(messages) {
    const authors = new Map(messages.map((each) => [each.author.id, each.author]));
    await this.#store.takeAccounts([...authors.values()]);
  }

  async #behind(heads) {
    const channels = new Set();
    for (const head of heads) {
      const message = await this.#store.message(head.message);
      if (message && behindHead(message, head)) channels.add(message.channelId);
    }
    return channels;
  }

  // --- history; any tab may ask for it ---

  /** The newest page of a channel that this browser holds nothing of. */
  async newestPage(channelId) {
    const known = this.#store.channels.get(channelId)?.seq ?? 0;
    const page = await api.get(`/api/channels/${channelId}/messages?limit=${PAGE}`);
    const cursor = page.reduce((highest, each) => Math.max(highest, each.seq), known);
    await this.#store.take(channelId, page, { cursor, seq: cursor, ...reach(page) });
    await this.#meetAuthors(page);
  }

  /** The page above what this browser holds. */
  async olderPage(channelId) {
    const { low } = this.#store.channels.get(channelId);
    const page = await api.get(`/api/channels/${channelId}/messages?before=${low}&limit=${PAGE}`);
    await this.#store.take(channelId, page, reach(page, low));
    await this.#meetAuthors(page);
  }

  /** Fetches what an offline start would miss; one after the other, the most unread first. */
  async #fetchFirstPages() {
    const empty = [...this.#store.channels.values()].filter((each) => each.cursor === undefined);
    empty.sort((a, b) => b.unread - a.unread);
    for (const channel of empty.slice(0, AT_FIRST)) {
      try {
        await this.#inTurn(() => this.newestPage(channel.id));
      } catch {
        return; // the next hello tries again
      }
    }
  }
}

const reach = (page, low = Infinity) => {
  const lowest = page.reduce((least, each) => Math.min(least, each.position), low);
  return { low: lowest === Infinity ? 0 : lowest, whole: page.length < PAGE };
};

const seqs = (event) => new Map(event.channels.map((each) => [each.channel, each.seq]));

const headsOf = (event) => event.channels.flatMap((each) => each.running ?? []);
