// The one stream: holds GET /api/feed open and hands its events on. No other file of the page reads a stream.

import { now } from './clock.js';

const SILENT = 35_000; // heads come every 15 s; two missed and some
const STALE = 20_000; // after waking up, a connection that has said nothing for that long is not trusted
const LOOK = 5_000;
const MOST = 15_000;
const ANSWERED = 4_000; // what a connection may take to say something before it counts as dead
const CONNECTIONS = 6; // that a browser has to one server

export class Feed {
  #handlers;
  #running = false;
  #runs = 0;
  #connection = null;
  #wake = () => {};
  #lastSign = 0;
  #lastLook = now();
  #failures = 0;
  #fellSilent = false;
  #wasLive = false;
  #timer = 0;

  /** @param handlers `{hello, heads, batch, account, read, state, silent, signedOut}`, each called with the event's data */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#timer = setInterval(() => this.#look(), LOOK);
    for (const [target, name] of LISTENED) target().addEventListener(name, this.#attend);
    this.#run();
  }

  stop() {
    this.#running = false;
    clearInterval(this.#timer);
    for (const [target, name] of LISTENED) target().removeEventListener(name, this.#attend);
    this.#drop();
    this.#connection = null; // what it brought last is no longer welcome
  }

  #drop() {
    this.#connection?.abort();
    this.#wake();
  }

  #dropSilent() {
    this.#fellSilent = true;
    this.#drop();
  }

  async #run() {
    const run = ++this.#runs;
    const isOver = () => !this.#running || run !== this.#runs; // one that was stopped may find another begun
    while (!isOver()) {
      this.#handlers.state(this.#stateBefore());
      try {
        if (this.#fellSilent) await this.#tryAllConnections();
        if (isOver()) return;
        await this.#connect();
      } catch (failure) {
        if (failure.name !== 'AbortError' && failure.status === undefined && !(failure instanceof TypeError)) console.warn('feed', failure);
      }
      if (isOver()) return;
      this.#connection = null;
      this.#handlers.state(this.#stateBefore());
      await this.#pause();
      this.#failures += 1;
    }
  }

  #stateBefore() {
    if (!navigator.onLine) return 'offline';
    return this.#wasLive ? 'reconnecting' : 'connecting';
  }

  async #connect() {
    const connection = new AbortController();
    this.#connection = connection;
    this.#lastSign = now();
    const opening = setTimeout(() => connection.abort(), 10_000);
    const answer = await fetch('/api/feed', {
      headers: { accept: 'text/event-stream' },
      cache: 'no-store',
      signal: connection.signal,
    }).finally(() => clearTimeout(opening));
    if (answer.status === 401) return this.#handlers.signedOut();
    if (!answer.ok) throw Object.assign(new Error(`feed: ${answer.status}`), { status: answer.status });
    this.#lastSign = now();
    return this.#read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  /**
   * Where the feed fell silent, as after a sleep, the network has forgotten the browser's other connections too, and the
   * next requests would take one after the other and wait. Asked on all at once, those that say nothing are closed.
   */
  async #tryAllConnections() {
    this.#handlers.silent(); // what waits for an answer over them waits in vain
    const over = new AbortController();
    const asked = Array.from({ length: CONNECTIONS }, () => fetch('/api/me', { cache: 'no-store', signal: over.signal }));
    await Promise.race([Promise.any(asked).catch(() => {}), after(ANSWERED)]);
    await Promise.race([Promise.allSettled(asked), after(ANSWERED / 4)]);
    over.abort();
    this.#fellSilent = false;
  }

  async #read(reader) {
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#lastSign = now();
      const blocks = (rest + value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      blocks.forEach((block) => this.#dispatch(block));
    }
  }

  #dispatch(block) {
    let event = 'message';
    const data = [];
    for (const line of block.split(/\r?\n/)) {
      if (line.startsWith('event:')) event = line.slice(6).trim();
      else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5));
    }
    if (data.length === 0 && event === 'message') return;
    const applied = this.#handlers[NAMES[event]]?.(data.length > 0 ? JSON.parse(data.join('\n')) : undefined);
    const connection = this.#connection;
    applied?.then(
      () => event === 'hello' && this.#welcome(connection),
      (failure) => this.#unapplied(failure, connection),
    );
  }

  #welcome(connection) {
    if (connection !== this.#connection) return;
    this.#failures = 0;
    this.#wasLive = true;
    this.#handlers.state('live');
  }

  /** What fails to apply (a read that was cut off, say) leaves the cursor behind; a new connection tells how far. */
  #unapplied(failure, connection) {
    if (failure.status === 401) this.#handlers.signedOut();
    else connection?.abort();
  }

  /**
   * Waits with jitter, so that a thousand browsers don't come back in the same instant; `#wake` cuts it short. Also while
   * the browser says that it is offline: a server on the same machine or in the same room answers without the internet.
   */
  #pause() {
    const most = Math.min(MOST, 1_000 * 2 ** this.#failures);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, most * (0.2 + 0.8 * Math.random()));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #look() {
    const slept = now() - this.#lastLook > LOOK + STALE;
    this.#lastLook = now();
    if (!this.#connection) return;
    const silent = now() - this.#lastSign;
    if (silent > SILENT || (slept && silent > STALE)) this.#dropSilent();
  }

  /** Something woke us: the network, the tab, the laptop. */
  #attend = ({ type }) => {
    if (type === 'offline') {
      this.#connection?.abort();
    } else if (type === 'online') {
      this.#failures = 0;
      this.#drop();
    } else if (document.visibilityState === 'visible') {
      this.#failures = 0;
      if (now() - this.#lastSign > STALE) this.#dropSilent();
      else this.#wake();
    }
  };
}

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const NAMES = { hello: 'hello', heads: 'heads', channel: 'batch', account: 'account', read: 'read' };

const LISTENED = [
  [() => window, 'online'],
  [() => window, 'offline'],
  [() => window, 'pageshow'],
  [() => document, 'resume'],
  [() => document, 'visibilitychange'],
];
