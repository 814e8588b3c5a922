import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { markRead, newer, newest, older } from '../actions.js';
import { overlay } from '../overlay.js';
import { store } from '../store.js';
import './message.js';
import { day, icon } from './parts.js';
import { View } from './view.js';

const NEAR = 600; // pixels from an end at which more is fetched
const TOGETHER = 5 * 60_000; // messages of one author within that are shown as one

/** The messages on screen: a window that moves over the channel. The bottom sticks while one is there; the reader's place holds otherwise. */
class Messages extends View {
  static properties = { channelId: {}, position: {}, newAfter: {}, fetching: { state: true }, away: { state: true } };

  #observer = new ResizeObserver(() => this.#settle());
  #sticks = true;
  #anchor = null;
  #was = 0;
  #placed = false;
  #first = null; // the id of the first message that was drawn
  #drawing = 0; // updates whose messages have not drawn themselves: what is on screen is nobody's place yet

  watches() {
    return [`messages:${this.channelId}`, 'outbox', 'accounts', 'channels', 'me'];
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#read);
    addEventListener('focus', this.#read);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#observer.disconnect();
    document.removeEventListener('visibilitychange', this.#read);
    removeEventListener('focus', this.#read);
  }

  get log() {
    return store.messages.log(this.channelId);
  }

  get scroller() {
    return this.querySelector('.scroller');
  }

  render() {
    const shown = overlay(this.log, store.outbox, this.channelId, store.me);
    const channel = store.channels.get(this.channelId);
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label="Messages" @scroll=${this.#scrolled}>
        <div class="sheet">
          ${this.#top(channel, shown)}
          <ol>${repeat(this.#rows(shown), (row) => row.key, (row) => row.template)}</ol>
        </div>
      </div>
      ${this.away || !this.log.atEnd ? this.#jump(channel) : nothing}
      <p class="hidden" role="status">${this.#announcement(shown)}</p>`;
  }

  #top(channel, shown) {
    if (this.fetching) return html`<p class="top quiet">Fetching older messages…</p>`;
    if (this.problem) return html`<p class="top quiet">${this.problem} <button type="button" class="plain" @click=${this.#older}>Try again</button></p>`;
    if (!this.log.loaded) return nothing;
    if (shown.length === 0) {
      return html`<div class="empty"><h2>Nothing here yet</h2><p>Write the first message. Mention an agent, <code>@guide</code> for one, and it answers.</p></div>`;
    }
    if (this.log.atStart && channel?.whole) return html`<p class="top quiet">This is where the conversation begins.</p>`;
    return nothing;
  }

  #rows(shown) {
    const rows = [];
    let before = null;
    let divided = this.newAfter === undefined;
    for (const message of shown) {
      const newDay = !before || day(before.createdAt) !== day(message.createdAt);
      if (newDay) rows.push(divider(`day ${message.createdAt.slice(0, 10)}`, 'day', day(message.createdAt)));
      const isNew = !divided && message.position > this.newAfter && message.author.id !== store.me.id;
      if (isNew) {
        divided = true;
        rows.push(divider('new', 'new', 'New'));
      }
      const joined = !newDay && !isNew && follows(before, message);
      rows.push({ key: message.id, template: html`<li><hf-message .message=${message} .joined=${joined} .adjacent=${before?.id} .handles=${handles()}></hf-message></li>` });
      before = message;
    }
    return rows;
  }

  #jump(channel) {
    return html`<button type="button" class="jump" @click=${this.#toEnd}>${icon('down')} ${channel?.unread > 0 ? `${channel.unread} new` : 'Newest'}</button>`;
  }

  /** Says what came in, for people who don't see the page; growing text would be noise. */
  #announcement(shown) {
    const last = shown.findLast((each) => each.author.id !== store.me.id && ['complete', 'failed', 'stopped'].includes(each.status) && !each.deleted);
    return last && last.position > (this.newAfter ?? Infinity) ? `${last.author.displayName}: ${last.content.slice(0, 120)}` : '';
  }

  // --- where one is ---

  willUpdate() {
    super.willUpdate();
    this.#remember();
  }

  updated() {
    if (!this.#placed) this.#place();
    this.#settle();
    this.#settleOnceDrawn();
    this.#observer.observe(this.querySelector('.sheet'));
    if (this.#sticks) this.log.trim();
    this.#read();
  }

  /** Messages draw themselves after us; and where as many leave at one end as come at the other, no resize tells. */
  async #settleOnceDrawn() {
    const first = this.log.items[0]?.id;
    if (first === this.#first && this.#placed) return;
    this.#first = first;
    this.#drawing += 1;
    await Promise.all([...this.querySelectorAll('hf-message')].map((each) => each.updateComplete));
    this.#drawing -= 1;
    if (!this.isConnected) return;
    if (!this.#placed) this.#place();
    this.#settle();
  }

  #place() {
    if (!this.log.loaded || this.log.items.length === 0) return;
    const target = this.position === undefined
      ? this.querySelector('.divider.new')
      : this.querySelector(`[data-position="${this.position}"]`);
    if (!target && this.position !== undefined) return; // not drawn yet
    this.#placed = true;
    if (!target) return;
    this.#sticks = false;
    target.scrollIntoView({ block: this.position === undefined ? 'start' : 'center' });
    if (this.position !== undefined) target.classList.add('found');
    this.#sticks = this.#atBottom() && this.log.atEnd;
    this.#remember();
  }

  /** Keeps the first message on screen where it is, whatever happens above. */
  #remember() {
    const scroller = this.scroller;
    if (!scroller || this.#sticks || this.#drawing > 0) return;
    const top = scroller.getBoundingClientRect().top;
    const first = [...scroller.querySelectorAll('hf-message')].find((each) => each.getBoundingClientRect().bottom > top);
    this.#anchor = first && { element: first, at: first.getBoundingClientRect().top };
  }

  #settle() {
    const scroller = this.scroller;
    if (!scroller) return;
    if (this.#sticks) this.#was = scroller.scrollTop = scroller.scrollHeight;
    else if (this.#anchor?.element.isConnected) scroller.scrollTop += this.#anchor.element.getBoundingClientRect().top - this.#anchor.at;
  }

  #atBottom() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 60;
  }

  #scrolled = () => {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    // Only a move upwards is the reader's: text that grows leaves us behind the bottom for a moment, too.
    if (this.#atBottom()) this.#sticks = this.log.atEnd;
    else if (scrollTop < this.#was - 1) this.#sticks = false;
    this.#was = scrollTop;
    this.#remember();
    this.away = !this.#sticks && scrollHeight - scrollTop - clientHeight > clientHeight;
    if (scrollTop < NEAR) this.#older();
    else if (scrollHeight - scrollTop - clientHeight < NEAR && !this.log.atEnd) newer(this.channelId);
    this.#read();
  };

  #older = async () => {
    const channel = store.channels.get(this.channelId);
    if (this.fetching || !this.log.loaded || (this.log.atStart && channel?.whole)) return;
    this.fetching = true;
    await this.attempt(() => older(this.channelId));
    this.fetching = false;
  };

  #toEnd = async () => {
    await newest(this.channelId);
    this.#sticks = true;
    this.away = false;
    this.#settle();
  };

  /** Called by the composer: one's own message is always seen. */
  follow() {
    this.#sticks = true;
    if (!this.log.atEnd) this.#toEnd();
  }

  #read = () => {
    if (document.visibilityState === 'visible' && document.hasFocus() && this.#sticks && this.log.loaded) markRead(this.channelId);
  };
}

const divider = (key, kind, words) => ({ key, template: html`<li class="divider ${kind}"><span>${words}</span></li>` });

const follows = (before, message) =>
  before && before.author.id === message.author.id && !message.replyTo && !before.deleted &&
  new Date(message.createdAt) - new Date(before.createdAt) < TOGETHER;

let known = null;
let knownOf = 0;

/** Handles that a mention may name; the same set until an account comes to be known. */
function handles() {
  if (knownOf !== store.accounts.size || !known) {
    known = new Set([...store.accounts.values()].map((each) => each.handle.toLowerCase()));
    if (store.me?.handle) known.add(store.me.handle.toLowerCase());
    knownOf = store.accounts.size;
  }
  return known;
}

customElements.define('hf-messages', Messages);
