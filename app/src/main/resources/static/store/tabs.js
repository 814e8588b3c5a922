// The tabs of one browser that share an account: what one learns all learn, and exactly one of them leads (holds the feed and sends the outbox).

import { now } from '../clock.js';

const SILENT = 40_000; // a leader says something at least with every heads event, each 15 s
const ANSWER = 1_000;
const ANSWER_WITHOUT_LOCKS = 150; // up to twice that, so that two seldom find at once that nobody leads

export class Tabs {
  #channel;
  #name;
  #number = Math.random();
  #gone = new AbortController();
  #heard = now();
  #release = null;

  /**
   * @param name      shared by all tabs of the account
   * @param onMessage called with each message of another tab
   * @param onLead    called when this tab begins to lead
   * @param onYield   called when it no longer does
   */
  constructor(name, { onMessage, onLead, onYield }) {
    this.#name = name;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => {
      if (data.leader) this.#hearLeader(data.leader);
      if (data.type === 'anyone leading?') {
        if (this.leads) this.tell({ type: 'I lead' });
      } else if (data.type === 'I led') {
        this.#challenge();
      } else if (data.type !== 'I lead') {
        onMessage(data);
      }
    };
    this.onLead = onLead;
    this.onYield = onYield;
  }

  /** Lines up to lead. */
  join() {
    if (navigator.locks) this.#queue();
    else this.#lineUpWithoutLocks();
    this.#watchLeader();
  }

  get leads() {
    return this.#release !== null;
  }

  tell(message) {
    if (!this.#gone.signal.aborted) this.#channel.postMessage({ ...message, leader: this.leads && this.#number });
  }

  close() {
    this.#leave();
    this.#gone.abort();
    this.#release?.();
    this.#channel.close();
  }

  async #queue(options = {}) {
    try {
      const signal = options.steal ? undefined : this.#gone.signal;
      await navigator.locks.request(this.#name, { signal, ...options }, () => this.#lead());
    } catch (failure) {
      if (this.#gone.signal.aborted) return;
      if (failure.name !== 'AbortError') throw failure;
      this.#yield(); // another tab took over because this one was frozen
      this.#queue();
    }
  }

  /** Outside a secure context there are no locks: who is answered by nobody leads, and of two that do so the one with the lower number goes on. */
  #lineUpWithoutLocks() {
    const { signal } = this.#gone;
    addEventListener('pagehide', this.#leave, { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && this.#challenge(), { signal });
    this.#challenge();
  }

  #hearLeader(number) {
    this.#heard = now();
    if (navigator.locks || !this.leads) return;
    if (number < this.#number) this.#yield();
    else this.tell({ type: 'I lead' });
  }

  /** A lock goes with its tab; without one the others have to be told. */
  #leave = () => {
    if (navigator.locks || !this.leads) return;
    this.#yield();
    this.tell({ type: 'I led' });
  };

  #lead() {
    if (this.#gone.signal.aborted) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
      this.onLead();
      this.tell({ type: 'I lead' });
    });
  }

  #yield() {
    if (!this.leads) return;
    this.#release = null;
    this.onYield();
  }

  /** The lock goes with its tab, but a frozen tab keeps it: a visible one that hears nothing takes it over. */
  #watchLeader() {
    const look = () => {
      if (document.visibilityState === 'visible' && !this.leads && now() - this.#heard > SILENT) this.#challenge();
    };
    const timer = setInterval(look, 5_000);
    document.addEventListener('visibilitychange', look);
    this.#gone.signal.addEventListener('abort', () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    });
  }

  #challenge() {
    this.#heard = 0;
    this.tell({ type: 'anyone leading?' });
    setTimeout(() => {
      if (this.#gone.signal.aborted || this.leads || this.#heard > 0) return;
      if (navigator.locks) this.#queue({ steal: true });
      else this.#lead();
    }, navigator.locks ? ANSWER : ANSWER_WITHOUT_LOCKS * (1 + Math.random()));
  }
}
