// The tabs of one browser that share an account: what one learns all learn, and exactly one of them leads (holds the feed and sends the outbox).

import { now } from '../clock.js';

const SILENT = 40_000; // a leader says something at least with every heads event, each 15 s
const ANSWER = 1_000;

export class Tabs {
  #channel;
  #name;
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
      if (data.leader) this.#heard = now();
      if (data.type === 'anyone leading?') {
        if (this.leads) this.tell({ type: 'I lead' });
      } else if (data.type !== 'I lead') {
        onMessage(data);
      }
    };
    this.onLead = onLead;
    this.onYield = onYield;
  }

  /** Lines up to lead. */
  join() {
    this.#queue();
    this.#watchLeader();
  }

  get leads() {
    return this.#release !== null;
  }

  tell(message) {
    if (!this.#gone.signal.aborted) this.#channel.postMessage({ ...message, leader: this.leads });
  }

  close() {
    this.#gone.abort();
    this.#release?.();
    this.#channel.close();
  }

  async #queue(options = {}) {
    if (!navigator.locks) return this.#lead(); // not a secure context: every tab stands for itself
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

  #lead() {
    if (this.#gone.signal.aborted) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
      this.onLead();
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
    const asked = now();
    this.tell({ type: 'anyone leading?' });
    setTimeout(() => {
      if (this.#gone.signal.aborted || this.leads || this.#heard >= asked) return;
      this.#queue({ steal: true });
    }, ANSWER);
  }
}
