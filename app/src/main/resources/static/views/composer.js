import { html, nothing } from 'lit';
import { draft, findAccounts, keepDraft, post } from '../actions.js';
import { store } from '../store.js';
import { listbox, namesLike } from './names.js';
import { composes, cut, icon, nameOf, submits } from './parts.js';
import { View } from './view.js';

const WORD = /(?:^|[\s([{"'])@([\p{L}\p{M}\p{N}_-]*)$/u; // a handle, or a name in any script
const LIMIT = 64 * 1024; // bytes, the server's own limit

/** Where one writes. Enter sends (on a phone the button does), Shift+Enter begins a line, @ offers names, arrow up in the empty field edits the last message. */
class Composer extends View {
  static properties = { channelId: {}, replyTo: {}, offer: { state: true }, chosen: { state: true }, length: { state: true } };

  #asked = '';
  #isTyped = false;
  #kept = ''; // the draft as this tab shows or has kept it; another tab may have a later one
  #stopKeeping = () => {};

  watches() {
    return ['accounts', 'channels', 'connection'];
  }

  get names() {
    return typeof this.offer === 'string' ? namesLike(this.offer) : [];
  }

  /** Where the chosen one is among them: others may come in above it. */
  get at() {
    return Math.max(0, this.names.findIndex((each) => each.id === this.chosen));
  }

  get field() {
    return this.querySelector('textarea');
  }

  focus() {
    this.field?.focus();
  }

  firstUpdated() {
    this.field.value = this.#kept = draft(this.channelId);
    this.#grow();
    if (matchMedia('(pointer: fine)').matches) this.field.focus();
  }

  connectedCallback() {
    super.connectedCallback();
    addEventListener('pagehide', this.#keep);
    document.addEventListener('selectionchange', this.#moved);
    this.#stopKeeping = store.watch(['leaving'], this.#keep);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener('pagehide', this.#keep);
    document.removeEventListener('selectionchange', this.#moved);
    this.#stopKeeping();
    this.#keep();
  }

  /** Another tab may have put its own draft here, or sent it: what was typed here is worth keeping then, too, and nothing else is. */
  #keep = () => {
    if (!this.#isTyped || this.field.value === draft(this.channelId)) return;
    this.#kept = this.field.value;
    keepDraft(this.channelId, this.#kept);
  };

  render() {
    const channel = store.channels.get(this.channelId);
    const { names, at } = this;
    return html`
      <form class="composer" @submit=${this.#send}>
        ${this.replyTo ? this.#replying() : nothing}
        ${names.length > 0 ? listbox(names, at, this.#pick) : nothing}
        <div class="field">
          <textarea rows="1" dir="auto" aria-label="Write a message" placeholder="Write to ${channel ? `${channel.kind === 'direct' ? '' : '#'}${nameOf(channel)}` : ''}" autocomplete="off"
            aria-autocomplete="list" aria-controls=${names.length > 0 ? 'names' : nothing} aria-activedescendant=${names.length > 0 ? `name-${at}` : nothing}
            @input=${this.#typed} @keydown=${this.#key} @blur=${this.#left}></textarea>
          <button type="submit" class="send" aria-label="Send" title="Send (Enter)">${icon('send')}</button>
        </div>
        ${this.length > LIMIT ? html`<p class="problem" role="alert">This is ${Math.ceil(this.length / 1024)} kB; a message can be 64 kB. Send it in parts.</p>` : nothing}
      </form>`;
  }

  #replying() {
    const { author, content } = this.replyTo;
    return html`
      <div class="replying"><span>In reply to ${author ? html`<b>${author.displayName}</b> ${cut(content, 0, 100)}` : 'an earlier message'}</span>
        <button type="button" class="tool" aria-label="Don’t reply to this message" @click=${() => this.dispatchEvent(new Event('done'))}>${icon('close')}</button></div>`;
  }

  #typed = () => {
    this.#isTyped = true;
    this.#grow();
    this.length = new Blob([this.field.value]).size;
    this.offer = this.#word();
    this.chosen = null;
    if (this.offer !== null && this.#asked !== this.offer) {
      this.#asked = this.offer;
      findAccounts(this.offer, 10).catch(() => {}); // offline, the known ones are offered
    }
    clearTimeout(this.saving);
    this.saving = setTimeout(this.#keep, 300);
  };

  /** What has been written of a name at the caret, null where none is being written. */
  #word() {
    return WORD.exec(this.field.value.slice(0, this.field.selectionStart))?.[1] ?? null;
  }

  /** Names are offered for the word they were asked for; a caret that has left it would put them elsewhere. */
  #moved = () => {
    if (typeof this.offer === 'string' && this.offer !== this.#word()) this.offer = null;
  };

  /** The field collapses to be measured; the composer does not, or the list would move. */
  #grow() {
    this.style.height = `${this.offsetHeight}px`;
    this.field.style.height = 'auto';
    this.field.style.height = `${Math.min(this.field.scrollHeight, innerHeight * 0.4)}px`;
    this.style.height = '';
  }

  #left = () => {
    this.offer = null;
  };

  #key = (event) => {
    if (composes(event)) return undefined;
    this.#moved();
    const { names } = this;
    if (names.length > 0 && this.#keyInList(event, names)) return event.preventDefault();
    if (submits(event)) return this.#send(event);
    if (event.key === 'Escape' && this.replyTo) return this.dispatchEvent(new Event('done'));
    if (event.key === 'ArrowUp' && this.field.value === '') return this.#editLast(event);
    return undefined;
  };

  #keyInList(event, names) {
    if (event.shiftKey && ['Enter', 'Tab'].includes(event.key)) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const { at } = this;
    if (step) this.chosen = names[(at + step + names.length) % names.length].id;
    else if (event.key === 'Escape') this.offer = null;
    else if (event.key === 'Tab' || (event.key === 'Enter' && names[at].handle.toLowerCase() !== this.offer.toLowerCase())) this.#pick(event, names[at]);
    else return false;
    return true;
  }

  #pick = (event, account) => {
    event.preventDefault();
    const { field } = this;
    const until = field.selectionStart;
    const from = until - this.offer.length;
    field.setRangeText(`${account.handle} `, from, until, 'end');
    this.offer = null;
    this.#typed();
  };

  #editLast(event) {
    const mine = [...document.querySelectorAll('hf-message')].findLast((each) => each.message.author.id === store.me.id && !each.message.deleted);
    if (!mine) return;
    event.preventDefault();
    mine.startEditing();
  }

  #send = (event) => {
    event.preventDefault();
    const { field } = this;
    const content = field.value;
    if (content.trim() === '' || this.length > LIMIT) return;
    post(this.channelId, content, this.replyTo?.id);
    document.querySelector('hf-messages')?.follow();
    field.value = '';
    this.offer = null;
    this.length = 0;
    this.#isTyped = false;
    if (draft(this.channelId) === this.#kept) keepDraft(this.channelId, '');
    this.#grow();
    this.dispatchEvent(new Event('done'));
  };
}

customElements.define('hf-composer', Composer);
