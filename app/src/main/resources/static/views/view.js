import { LitElement } from 'lit';
import { store } from '../store.js';

/** An element that shows a part of the store: drawn again whenever one of the topics it `watches()` changes. */
export class View extends LitElement {
  #stop = () => {};
  #watched = '';

  /** Topics of the store; may depend on properties. */
  watches() {
    return [];
  }

  createRenderRoot() {
    return this; // the page's style sheets apply; there is no other page to be protected from
  }

  connectedCallback() {
    super.connectedCallback();
    this.#watch();
    this.requestUpdate();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#stop();
    this.#watched = '';
  }

  /** What has left the page shows nothing any more: what it showed may be gone. */
  shouldUpdate() {
    return this.isConnected;
  }

  willUpdate() {
    this.#watch();
  }

  #watch() {
    const topics = this.watches();
    if (topics.join() === this.#watched) return;
    this.#stop();
    this.#watched = topics.join();
    this.#stop = store.watch(topics, () => this.requestUpdate());
  }

  /** Does something that may fail and shows why; answers whether it was done. */
  async attempt(work) {
    this.problem = null;
    this.busy = true;
    this.requestUpdate();
    try {
      await work();
      return true;
    } catch (failure) {
      this.problem = failure.message;
      return false;
    } finally {
      this.busy = false;
      this.requestUpdate();
    }
  }
}
