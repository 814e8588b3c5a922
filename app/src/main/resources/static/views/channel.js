import { html, nothing } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { draft, joinChannel, keepDraft, openChannel, replyIn } from '../actions.js';
import { store } from '../store.js';
import './composer.js';
import './details.js';
import './messages.js';
import { icon, mark, nameOf, problem } from './parts.js';
import { unsent } from './unsent.js';
import { View } from './view.js';

/** A channel: its name, its messages, and where one writes. */
class Channel extends View {
  static properties = { channelId: {}, at: {}, showsDetails: { state: true }, replyTo: { state: true }, opened: { state: true } };

  watches() {
    return ['channels', 'session', 'outbox'];
  }

  willUpdate(changed) {
    super.willUpdate();
    this.#noteNew();
    if (changed.has('channelId')) this.#takeUpReply();
    if (changed.has('channelId') || changed.has('at')) this.#open();
  }

  async #open() {
    const { channelId, at } = this;
    Object.assign(this, { showsDetails: false, opened: false });
    const channel = store.channels.get(channelId);
    // The divider stays where it was when one came in, also while one reads.
    this.newAfter = channel?.unread > 0 ? channel.lastReadSeq : undefined;
    localStorage.setItem('holdfast.channel', channelId);
    await this.attempt(() => openChannel(channelId, at?.position));
    if (this.channelId === channelId && this.at === at) this.opened = true;
  }

  /** What comes while nobody looks, or came while this browser was away, begins the new ones, too. */
  #noteNew() {
    const channel = store.channels.get(this.channelId);
    const looks = document.visibilityState === 'visible' && document.hasFocus();
    if ((looks && store.connection === 'live') || !(channel?.unread > 0) || this.newAfter >= channel.lastReadSeq) return;
    this.newAfter = channel.lastReadSeq;
  }

  render() {
    const channel = store.channels.get(this.channelId);
    if (!channel) return this.#stranger();
    return html`
      <section class="channel" aria-label=${nameOf(channel)}>
        ${this.#header(channel)}
        ${this.opened === false && this.at ? html`<p class="looking" role="status"><span>Looking for the message…</span></p>` : nothing}
        ${this.opened && this.problem ? html`<p class="problem" role="alert">${this.problem} <button type="button" class="plain" @click=${() => this.#open()}>Try again</button></p>` : nothing}
        ${keyed(this.channelId, html`
          <hf-messages .channelId=${this.channelId} .at=${this.at} .looking=${!this.opened} .newAfter=${this.newAfter} @reply=${this.#reply}></hf-messages>
          <hf-composer .channelId=${this.channelId} .replyTo=${this.replyTo} @done=${() => this.#answer(null)}></hf-composer>`)}
      </section>
      ${this.showsDetails ? html`<hf-details .channelId=${this.channelId} @close=${() => (this.showsDetails = false)}></hf-details>` : nothing}`;
  }

  #header(channel) {
    return html`
      <header class="bar">
        <a class="tool back" href="/" aria-label="Back to the channels">${icon('back')}</a>
        ${mark(channel)}
        <h1>${nameOf(channel)}</h1>
        <button type="button" class="tool" aria-label="Who is here" title="Who is here" @click=${() => (this.showsDetails = true)}>${icon('people')}</button>
      </header>`;
  }

  #reply({ detail }) {
    this.#answer(detail);
    this.querySelector('hf-composer').focus();
  }

  /** Kept as the draft is, which would else go out as no reply when one has been elsewhere. */
  #answer(message) {
    this.replyTo = message;
    if (draft(replyIn(this.channelId)) !== (message?.id ?? '')) keepDraft(replyIn(this.channelId), message?.id);
  }

  /** What was being answered here, also where this browser no longer has that message. */
  async #takeUpReply() {
    const { channelId } = this;
    const id = draft(replyIn(channelId));
    this.replyTo = id ? (store.messages.remembered(id) ?? { id }) : null;
    const message = id && (await store.messages.find(id));
    if (message && this.channelId === channelId && this.replyTo?.id === id) this.replyTo = message;
  }

  #stranger() {
    const maybeMine = !store.channels.listed && store.channels.size === 0 && store.connection !== 'offline' && store.tabs.leads;
    const left = store.outbox.filter((each) => each.channelId === this.channelId);
    const join = () => this.attempt(() => joinChannel({ id: this.channelId })).then((done) => done && this.#open());
    return html`
      <div class="empty">
        ${this.opened === false || maybeMine ? html`<p role="status">Opening…</p>` : html`
          <h1>This channel isn’t one of yours</h1>
          <p>It may be private, or you may have left it. If it is public you can join.</p>
          ${problem(this.problem)}
          <p><button type="button" class="primary" ?disabled=${this.busy} @click=${join}>Join the channel</button> <a class="button" href="/browse">Browse channels</a></p>
          ${left.length > 0 ? html`<h2>Not sent</h2>${unsent(left)}` : nothing}`}
      </div>`;
  }
}

customElements.define('hf-channel', Channel);
