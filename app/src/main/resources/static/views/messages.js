import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { findAgents, markRead, newer, newest, older } from '../actions.js';
import { overlay } from '../overlay.js';
import { store } from '../store.js';
import { cut, icon, upTo99 } from './parts.js';
import { Place } from './place.js';
import { rows } from './rows.js';
import { View } from './view.js';

const ENDED = ['complete', 'failed', 'stopped'];
const SAID = 5; // messages that a screen reader is told at most at once
const ASKED_EVERY = 5_000; // ms
const NEAR = 600; // pixels from an end at which more is fetched

/** The messages on screen: a window that moves over the channel. The bottom sticks while one is there; the reader's place holds otherwise. */
class Messages extends View {
  static properties = { channelId: {}, at: {}, looking: {}, newAfter: {}, fetching: { state: true }, away: { state: true } };

  #place = new Place(this);
  #observer = new ResizeObserver(() => this.#place.settle());
  #placed = false;
  #first = null; // the id of the first message that was drawn
  #asking = 0; // the timer of what is asked while a reply waits
  #heard = null; // the seq up to which a screen reader was told what came in
  #said = []; // the seqs of what it was told last

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
    clearTimeout(this.#asking);
    this.#asking = 0;
    document.removeEventListener('visibilitychange', this.#read);
    removeEventListener('focus', this.#read);
  }

  get log() {
    return store.messages.log(this.channelId);
  }

  render() {
    const shown = overlay(this.log, store.outbox, this.channelId, store.me);
    const channel = store.channels.get(this.channelId);
    return html`
      <div class="scroller" tabindex="0" role="region" aria-label="Messages" @scroll=${this.#scrolled}>
        <div class="sheet">
          ${this.#top(channel, shown)}
          <ol>${repeat(rows(shown, this.newAfter), (row) => row.key, (row) => row.template)}</ol>
        </div>
      </div>
      ${this.away || !this.log.atEnd ? this.#jump(channel) : nothing}
      <div class="hidden" role="log" aria-label="What came in">
        ${repeat(this.#news(shown), (each) => each.seq, (each) => html`<p>${each.author.displayName}: ${cut(each.content, 0, 120)}</p>`)}
      </div>`;
  }

  #top(channel, shown) {
    if (this.fetching) return html`<p class="top quiet">Fetching older messages…</p>`;
    if (this.problem) return html`<p class="top quiet">${this.problem} <button type="button" class="plain" @click=${this.#older}>Try again</button></p>`;
    if (!this.log.loaded) return nothing;
    if (shown.length === 0 && channel?.seq > 0 && !channel.whole) {
      return html`<div class="empty"><p>This browser does not have this channel’s messages yet. They come as soon as the server can be reached.</p></div>`;
    }
    if (shown.length === 0) {
      return html`<div class="empty"><h2>Nothing here yet</h2><p>Write the first message. Mention an agent, <code>@guide</code> for one, and it answers.</p></div>`;
    }
    if (this.log.atStart && channel?.whole) return html`<p class="top quiet">This is where the conversation begins.</p>`;
    return nothing;
  }

  #jump(channel) {
    return html`<button type="button" class="jump" @click=${this.#toEnd}>${icon('down')} ${channel?.unread > 0 ? `${upTo99(channel.unread)} new` : 'Newest'}</button>`;
  }

  /** What came in since the channel was opened, a reply once it has ended, for people who don't see the page; growing text would be noise. */
  #news(shown) {
    const channel = store.channels.get(this.channelId);
    this.#heard ??= this.newAfter ?? channel?.cursor ?? channel?.seq ?? 0;
    const isNews = (each) => each.seq > this.#heard && each.author.id !== store.me.id && ENDED.includes(each.status) && !each.deleted && !each.editedAt;
    const seqs = shown.filter(isNews).map((each) => each.seq).sort((a, b) => a - b);
    this.#heard = seqs.at(-1) ?? this.#heard;
    this.#said = [...this.#said, ...seqs].slice(-SAID);
    return shown.filter((each) => this.#said.includes(each.seq)).sort((a, b) => a.seq - b.seq);
  }

  // --- where one is ---

  willUpdate(changed) {
    super.willUpdate();
    if (changed.has('at') || (changed.has('looking') && this.looking)) this.#goElsewhere();
    this.#place.remember();
  }

  updated() {
    this.#place.settle();
    this.#settleOnceDrawn(this.#placed);
    for (const part of ['.sheet', '.scroller']) this.#observer.observe(this.querySelector(part)); // a keyboard takes room, too
    if (this.#place.sticks) this.log.trim();
    this.#read();
    this.#askForAgents();
  }

  /** Nobody is told that an agent was paused, or goes on: where a reply waits and waits, that is asked for. */
  #askForAgents() {
    const waits = () => this.log.items.some(({ status }) => status === 'queued');
    if (this.#asking || !waits()) return;
    this.#asking = setTimeout(async () => {
      if (waits() && document.visibilityState === 'visible') await findAgents().catch(() => {}); // offline, what is known stands
      this.#asking = 0;
      this.requestUpdate();
    }, ASKED_EVERY);
  }

  /** Where as many messages leave at one end as come at the other, no resize tells. Before the reader is placed, nothing is filled. */
  async #settleOnceDrawn(wasPlaced) {
    const first = this.log.items[0]?.id;
    if (wasPlaced && first === this.#first) return;
    this.#first = first;
    const place = this.#place;
    await place.drawn();
    if (!this.isConnected) return;
    if (!this.#placed) this.#begin();
    place.settle();
    this.#fill();
    this.#read();
  }

  /** Where all fits into the window, no scroll will ask for more. */
  #fill() {
    const place = this.#place;
    if (this.isConnected && this.#placed && place.height > 0 && place.fromTop < NEAR) this.#older();
  }

  /** A link leads to another message of the channel that is open already, or back to its end; or it is tried again. */
  #goElsewhere() {
    this.#placed = false;
    this.#place.sticks = true;
    this.querySelector('hf-message.found')?.classList.remove('found');
  }

  /** Begins at the message that was looked for, else where the new ones begin, else at the end. Only what is drawn has a place. */
  #begin() {
    if (!this.log.loaded || this.log.items.length === 0) return;
    const target = this.querySelector(this.at ? `[data-position="${this.at.position}"]` : '.divider.new');
    if (!target && this.at && this.looking) return;
    this.#placed = true;
    if (!target) return;
    // the line moves where more that is new comes above; the message below it is what stays
    this.#place.goTo(target, this.at ? 'center' : 'start', this.log.atEnd, this.at ? target : target.nextElementSibling);
    if (this.at) target.classList.add('found');
  }

  #scrolled = () => {
    const place = this.#place;
    place.scrolled(this.log.atEnd);
    this.away = !place.sticks && place.fromBottom > place.height;
    if (place.fromTop < NEAR) this.#older();
    else if (place.fromBottom < NEAR && !this.log.atEnd) newer(this.channelId);
    this.#read();
  };

  #older = async () => {
    const channel = store.channels.get(this.channelId);
    if (this.fetching || !this.log.loaded || (this.log.atStart && channel?.whole)) return;
    this.fetching = true;
    const first = this.log.items[0]?.id;
    await this.attempt(() => older(this.channelId));
    this.fetching = false;
    if (this.log.items[0]?.id === first) return;
    await this.#place.drawn(); // it may have been drawn while this was not done, when nobody could ask for more
    this.#fill();
  };

  #toEnd = async () => {
    await newest(this.channelId);
    this.#place.sticks = true;
    this.away = false;
    this.#place.settle();
  };

  /** Called by the composer: one's own message is always seen. */
  follow() {
    this.#place.sticks = true;
    if (!this.log.atEnd) this.#toEnd();
  }

  #read = () => {
    if (document.visibilityState === 'visible' && document.hasFocus() && this.#placed && this.#place.sticks && this.log.loaded && this.log.atEnd) markRead(this.channelId);
  };
}

customElements.define('hf-messages', Messages);
