// Keeps the store equal to the server: applies what the feed brings when it fits, and reads again what was missed.
// Only the leading tab does this. One thing at a time, in the order in which it came.
import * as api from './api.js';
import { newest, Pages } from './pages.js';
import { behindHead, joined, lastChanged } from './store/merge.js';

const FAR_BEHIND = 2_000; // changes; beyond that the newest page is cheaper than all that happened
const ENDED = ['complete', 'failed'];
const AT_FIRST = 40; // channels whose newest page is fetched before anybody opens them
const ALL = () => true;
const NONE = () => false;

export class Sync {
  #store;
  #pages;
  #queue = Promise.resolve();
  #queues = 0;
  #waiting = new Map(); // batches that wait for their turn, by channel
  #coming = new Map(); // newest pages on their way, by channel
  #accountWaits = null;

  constructor(store) {
    this.#store = store;
    this.#pages = new Pages(store);
  }

  /** Begins for whoever has come: what still waits was for the one before. */
  begin() {
    this.#queue = Promise.resolve();
    this.#queues += 1;
    this.#waiting.clear();
    this.#accountWaits = null;
  }

  /** Runs after everything that came before it and before what comes later. */
  #inTurn(work) {
    this.#waiting.clear(); // what waits before it is not joined by what comes after it
    return this.#afterAll(work);
  }

  /** Runs after everything that came before it; a failure is the caller's and doesn't stop the queue. */
  #afterAll(work) {
    const queue = this.#queues;
    const result = this.#queue.then(() => {
      if (queue !== this.#queues) throw new api.Unreachable();
      return work();
    });
    this.#queue = result.catch(() => {});
    return result;
  }

  /** The feed's first event: which channels are mine and how far each is. What else may have changed unheard is read again. */
  hello = (event) => this.#inTurn(async () => {
    await this.#recogniseLineage(event.lineage);
    await this.#readChannels();
    this.fetchFirstPages(); // beside what comes meanwhile
    await this.#compare(event);
    await this.#readMe();
    await this.#readAgents();
  });

  /** Every 15 s: repairs what got lost without a later event to tell of it. */
  heads = (event) => this.#inTurn(async () => {
    if ([...seqs(event)].some((head) => this.#isUnknown(...head))) await this.#meetChannels();
    await this.#compare(event);
    this.fetchFirstPages(NONE); // of a channel on screen, where it failed before
  });

  /** A batch that takes a client from `after` to `seq`. Where the copy is slower than what comes, those that wait are taken in together. */
  batch = (batch) => {
    const waiting = this.#waiting.get(batch.channel);
    if (waiting && batch.after <= waiting.batches.at(-1).seq) {
      waiting.batches.push(batch);
      return waiting.taken;
    }
    const turn = { batches: [batch] };
    turn.taken = this.#afterAll(() => {
      if (this.#waiting.get(batch.channel) === turn) this.#waiting.delete(batch.channel);
      return this.#takeIn(joined(turn.batches));
    });
    this.#waiting.set(batch.channel, turn);
    return turn.taken;
  };

  async #takeIn(batch) {
    const channel = this.#store.channels.get(batch.channel);
    if (!channel) return this.#meetChannels();
    if (channel.cursor === undefined) {
      await this.#countOnly(channel, batch);
      // not waited for: a page may take its time, and other channels go on
      if (this.#store.messages.shows(channel.id)) this.#firstPage(channel.id).catch(() => {});
      return undefined;
    }
    if (batch.after > channel.cursor) return this.#bring(channel.id, batch.seq);
    return this.#apply(channel.id, batch);
  }

  /** My channels or my profile changed; of several events that wait for their turn, one reads for all. */
  account = () => (this.#accountWaits ??= this.#inTurn(async () => {
    this.#accountWaits = null;
    await this.#readMe();
    await this.#meetChannels();
  }));

  /** I have read on, here or on another device. What the server counted is as of its seq; the batches after it count on. */
  read = ({ channel: id, seq, lastReadSeq, unread }) => this.#inTurn(async () => {
    const channel = this.#store.channels.get(id);
    if (channel && lastReadSeq >= (channel.lastReadSeq ?? 0)) await this.#store.channels.patch(id, { lastReadSeq, unread, counted: seq });
  });

  /** A channel that is new here, or one of whose messages only the number is held, and what came was too much to be sent. */
  #isUnknown(id, seq) {
    const channel = this.#store.channels.get(id);
    return !channel || (channel.cursor === undefined && seq > (channel.seq ?? 0));
  }

  async #readMe() {
    const me = await api.get('/api/me');
    // the cookie may have become another person's, whom this copy is not for
    if (me.id !== this.#store.me?.id) throw new api.Problem(401, {});
    await this.#store.keep('me', me);
  }

  async #meetChannels() {
    const known = new Set(this.#store.channels.keys());
    await this.#readChannels();
    this.fetchFirstPages((each) => !known.has(each.id));
  }

  async #readChannels() {
    const list = await api.get('/api/channels');
    await this.#store.channels.take(list);
    await this.#store.takeAccounts(list.flatMap((each) => each.members ?? []));
  }

  async #readAgents() {
    const agents = await api.get('/api/agents');
    await this.#store.keep('agents', agents);
    await this.#store.takeAccounts(agents.map(({ id, handle, displayName }) => ({ id, handle, displayName, kind: 'agent' })));
  }

  /** A copy of a database that was then restored from a backup is of a future that never came. */
  async #recogniseLineage(name) {
    const known = this.#store.kept.get('lineage');
    if (known && known !== name) {
      for (const id of [...this.#store.channels.keys()]) await this.#store.channels.forget(id, { keep: true });
    }
    if (known !== name) await this.#store.keep('lineage', name);
  }

  async #compare(event) {
    const behind = await this.#behind(headsOf(event));
    const shown = ([id]) => Number(this.#store.messages.shows(id));
    for (const [id, seq] of [...seqs(event)].sort((a, b) => shown(b) - shown(a))) await this.#bring(id, seq, behind.has(id));
    for (const head of event.channels) if (this.#tookAnotherWay(head)) await this.#readAnew(head.channel);
  }

  /** Whether the server came to the seq that we are at with another message: it was put back to before, and went on from there. */
  #tookAnotherWay({ channel, seq, last }) {
    const { cursor, seen: [ours] = [] } = this.#store.channels.get(channel) ?? {};
    return cursor === seq && Boolean(ours && last) && ours !== last;
  }

  async #bring(channelId, seq, missesText = false) {
    const channel = this.#store.channels.get(channelId);
    if (!channel || channel.cursor === undefined) return;
    if (seq - channel.cursor > FAR_BEHIND) await this.#readAnew(channelId);
    else if (channel.cursor !== seq || missesText) await this.#catchUp(channelId, seq); // a head behind us may simply be old
  }

  /** The page first: where it cannot be had, the old copy is still there to be read. */
  async #readAnew(channelId) {
    const page = await newest(channelId);
    await this.#store.channels.forget(channelId, { keep: true });
    await this.#begin(channelId, page);
  }

  /** Reads what changed, in as many batches as the server makes of it, up to a seq that is known to be there. */
  async #catchUp(channelId, seq = 0) {
    for (;;) {
      const channel = this.#store.channels.get(channelId);
      if (channel?.cursor === undefined) return undefined; // gone, or its messages were thrown away
      const { cursor, seen = [] } = channel; // by what we have seen the server knows whether it still has it
      const changes = await api.get(`/api/channels/${channelId}/changes?after=${cursor}${seen.length > 0 ? `&seen=${seen}` : ''}`);
      if (changes.seq < cursor) return this.#readAnew(channelId); // our copy is of a future that never was
      await this.#apply(channelId, changes, true);
      if (changes.seq >= seq || changes.messages.length === 0) return undefined;
    }
  }

  async #apply(channelId, { seq, messages, text }, isReRead = false) {
    const channel = this.#store.channels.get(channelId);
    if (channel?.cursor === undefined) return;
    const wanted = messages.filter((each) => each.position >= (channel.low ?? 0) || this.#store.messages.remembered(each.id));
    if (wanted.length > 0 || seq > channel.cursor) {
      const cursor = Math.max(channel.cursor, seq);
      const seen = lastChanged(cursor, messages, channel.seen);
      await this.#store.messages.take(channelId, wanted, { cursor, seen, seq: cursor, ...this.#unread(channel, messages) });
    }
    const fits = await this.#store.messages.takeText(channelId, text ?? []);
    if (!fits && !isReRead) await this.#catchUp(channelId);
  }

  async #countOnly(channel, { seq, messages }) {
    await this.#store.channels.patch(channel.id, { seq, ...this.#unread(channel, messages) });
  }

  /** What the server will count as unread: what others wrote that is new here, and replies that were read while they grew and have now ended; and no more what was deleted. */
  #unread(channel, messages) {
    const read = channel.lastReadSeq ?? 0;
    const known = Math.max(channel.counted ?? 0, read);
    const isFresh = (each) => each.position > known || (each.seq > known && each.position <= read && !each.editedAt && ENDED.includes(each.status));
    const fresh = messages.filter((each) => isFresh(each) && !each.deleted && each.author.id !== this.#store.me.id);
    const wasCounted = (each) => each.deleted && each.seq > known && each.position > read && each.position <= known;
    const gone = messages.filter((each) => wasCounted(each) && each.author.id !== this.#store.me.id);
    const counted = messages.reduce((highest, each) => Math.max(highest, each.seq), channel.counted ?? 0);
    return { unread: Math.max(0, (channel.unread ?? 0) + fresh.length - gone.length), counted };
  }

  async #behind(heads) {
    const channels = new Set();
    for (const head of heads) {
      const message = await this.#store.messages.find(head.message);
      if (message && behindHead(message, head)) channels.add(message.channelId);
    }
    return channels;
  }

  // --- pages; any tab may ask for them ---

  /** The newest page of a channel that this browser holds nothing of. */
  newestPage = (channelId) => {
    const coming = newest(channelId).then((page) => this.#begin(channelId, page));
    const gone = () => this.#coming.get(channelId) === coming && this.#coming.delete(channelId);
    this.#coming.set(channelId, coming);
    coming.then(gone, gone);
    return coming;
  };

  async #begin(channelId, page) {
    const seq = await this.#pages.begin(channelId, page);
    // what came while the page was on its way was only counted
    if (this.#store.channels.get(channelId)?.seq > seq) await this.#catchUp(channelId);
  }

  /** The page above what this browser holds. */
  olderPage = (channelId, size) => this.#pages.older(channelId, size);

  /** The same unasked, once: one that is on its way is waited for. */
  async #firstPage(channelId) {
    const channel = this.#store.channels.get(channelId);
    if (channel && channel.cursor === undefined) await (this.#coming.get(channelId) ?? this.newestPage(channelId));
  }

  /** Fetches what an offline start would miss; one after the other, what is on screen and the most unread first. Tabs that don't lead: what they show. */
  fetchFirstPages = async (wanted = this.#store.tabs?.leads ? ALL : NONE) => {
    const shown = ({ id }) => Number(this.#store.messages.shows(id));
    const empty = [...this.#store.channels.values()].filter((each) => each.cursor === undefined && (shown(each) || wanted(each)));
    empty.sort((a, b) => shown(b) - shown(a) || b.unread - a.unread);
    for (const channel of empty.slice(0, AT_FIRST)) {
      try {
        await this.#firstPage(channel.id);
      } catch (failure) {
        if (![403, 404, 410].includes(failure.status)) return; // the next hello tries again
      }
    }
  };
}

const seqs = (event) => new Map(event.channels.map((each) => [each.channel, each.seq]));

const headsOf = (event) => event.channels.flatMap((each) => each.running ?? []);
