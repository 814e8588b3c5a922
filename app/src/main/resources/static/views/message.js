import { html, nothing } from 'lit';
import { discard, draft, remove, retryReply, sendAgain, stopReply } from '../actions.js';
import { serverTime } from '../clock.js';
import { store } from '../store.js';
import { isRunning } from '../store/merge.js';
import './editor.js';
import { avatar, clock, cut, icon, isAdministrator } from './parts.js';
import { stateOf } from './state.js';
import './text.js';
import { View } from './view.js';

/** One message: who, when, what, how far a reply is, and what one can do about it. */
class Message extends View {
  static properties = { message: {}, joined: {}, asked: {}, handles: {}, editing: { state: true }, sure: { state: true } };

  #clock = 0;

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#clock);
  }

  watches() {
    const { pending, status } = this.message ?? {};
    return [pending && 'connection', status === 'queued' && 'agents'].filter(Boolean);
  }

  /** What was being typed into the editor when the message was last on screen goes on there. */
  willUpdate() {
    super.willUpdate();
    if (!this.hasUpdated) this.editing = draft(this.message.id) !== '';
  }

  render() {
    const { message } = this;
    const { author, pending } = message;
    this.#attributes();
    return html`
      <article class="message ${author.kind} ${this.joined ? 'joined' : ''} ${pending ? `pending ${pending.state}` : ''} ${message.deleted ? 'deleted' : ''}" tabindex="-1">
        <div class="side">${this.joined ? clock(message.createdAt) : avatar(author)}</div>
        <div class="content">
          ${this.joined ? html`<span class="hidden">${author.displayName}</span>` : this.#head()}
          ${this.#asked()}
          ${message.deleted ? html`<p class="gone">This message was deleted.</p>` : this.editing ? html`<hf-editor .message=${message} @close=${() => (this.editing = false)} @emptied=${() => this.#ask(true)}></hf-editor>` : this.#body()}
          ${this.#state()}
          ${this.#pending()}
        </div>
        ${message.deleted || this.editing ? nothing : this.#tools()}
      </article>`;
  }

  #attributes() {
    const { id, status, seq, position, pending } = this.message;
    this.dataset.messageId = id;
    this.dataset.status = pending?.kind === 'post' ? (pending.state === 'failed' ? 'unsent' : 'sending') : status;
    this.dataset.seq = seq;
    this.dataset.position = position;
  }

  #head() {
    const { author, createdAt } = this.message;
    const { handle } = author;
    const name = author.displayName || handle;
    return html`<header><span class="name">${name}</span>
      ${name.toLowerCase() === handle.toLowerCase() ? nothing : html`<span class="handle">@${handle}</span>`}
      ${author.kind === 'agent' ? html`<span class="kind">agent</span>` : nothing}
      ${clock(createdAt)}</header>`;
  }

  #asked() {
    const { asked } = this;
    if (asked === undefined) return nothing;
    if (asked === null) return html`<p class="asked">in reply to an earlier message</p>`;
    return html`<a class="asked" href="/c/${asked.channelId}?at=${asked.position}"><b>${asked.author.displayName}</b> ${asked.deleted ? 'a deleted message' : cut(asked.content, 0, 140)}</a>`;
  }

  #body() {
    const { message } = this;
    return html`
      <hf-text .content=${message.content} .growing=${isRunning(message)} .handles=${this.handles}></hf-text>
      ${message.editedAt ? html`<span class="edited" title=${message.editedAt}>(edited)</span>` : nothing}`;
  }

  #state() {
    const { message } = this;
    if (message.author.kind !== 'agent' || message.deleted) return nothing;
    const agent = store.kept.get('agents')?.find((each) => each.id === message.author.id);
    const { words, tone, stops, retries } = stateOf(message, agent?.paused);
    if (!words && !stops && !retries) return nothing;
    return html`
      <footer class="state ${tone}">
        ${tone === 'waiting' ? html`<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>` : nothing}
        ${words ? html`<span>${words}</span>` : nothing}
        ${stops ? html`<button type="button" class="plain" @click=${() => this.#act(() => stopReply(message))}>Stop</button>` : nothing}
        ${retries ? html`<button type="button" class="plain" @click=${() => this.#act(() => retryReply(message))}>Retry</button>` : nothing}
      </footer>`;
  }

  #pending() {
    const { pending } = this.message;
    if (!pending) return nothing;
    if (pending.state !== 'failed') return html`<p class="sending">${store.connection === 'live' ? SENDING[pending.kind] : 'Kept here; it goes out when the connection is back.'}</p>`;
    return html`
      <p class="unsent" role="alert"><span>${REFUSED[pending.kind]} ${pending.reason}</span>
        ${['post', 'edit'].includes(pending.kind) ? html`<button type="button" class="plain" @click=${this.startEditing}>Edit</button>` : nothing}
        <button type="button" class="plain" @click=${() => this.#act(() => sendAgain(pending.n))}>Try again</button>
        <button type="button" class="plain" @click=${() => this.#act(() => discard(pending.n), pending.kind === 'post')}>Discard</button>
      </p>`;
  }

  #tools() {
    const { message } = this;
    const mine = message.author.id === store.me.id;
    const sent = message.pending?.kind !== 'post';
    if (this.sure) {
      return html`<div class="tools sure" role="group" aria-label="Delete this message?">
        <span>Delete?</span>
        <button type="button" class="plain bad" @click=${() => this.#act(() => remove(message), !sent)}>Delete</button>
        <button type="button" class="plain keep" @click=${() => this.#ask(false)}>Keep</button></div>`;
    }
    return html`
      <div class="tools" role="group" aria-label="Actions">
        ${sent ? html`<button type="button" class="tool" aria-label="Reply" title="Reply" @click=${this.#reply}>${icon('reply')}</button>` : nothing}
        ${mine ? html`<button type="button" class="tool" aria-label="Edit" title="Edit" @click=${this.startEditing}>${icon('edit')}</button>` : nothing}
        ${mine || this.#answersMe() || isAdministrator() ? html`<button type="button" class="tool delete" aria-label="Delete" title="Delete" @click=${() => this.#ask(true)}>${icon('delete')}</button>` : nothing}
      </div>`;
  }

  /** Whoever asked an agent may delete what it answered. */
  #answersMe() {
    const { author, replyTo } = this.message;
    return author.kind === 'agent' && store.messages.remembered(replyTo)?.author.id === store.me.id;
  }

  /** Asks whether it is to be deleted, or no longer. The keyboard goes on at the answer that changes nothing, and back to where it was. */
  async #ask(sure) {
    this.sure = sure;
    await this.updateComplete;
    this.querySelector(sure ? '.tools .keep' : '.tools .delete')?.focus();
  }

  /** Does what a button asked for that then goes away: the keyboard goes on at the message, or where one writes if that `vanishes`. */
  #act(work, vanishes = false) {
    if (vanishes) document.querySelector('hf-composer')?.focus();
    else this.querySelector('article').focus({ preventScroll: true });
    this.sure = false;
    work();
  }

  #reply() {
    this.dispatchEvent(new CustomEvent('reply', { detail: this.message, bubbles: true }));
  }

  /** Opens the editor; the composer's arrow up comes here, too. */
  startEditing = async () => {
    this.editing = true;
    await this.updateComplete;
    this.querySelector('hf-editor')?.focus();
  };

  /** Drawn when its text is. */
  async getUpdateComplete() {
    const done = await super.getUpdateComplete();
    await this.querySelector('hf-text')?.updateComplete;
    return done;
  }

  updated() {
    this.#tick();
  }

  /** "next try in 12 s" counts down. */
  #tick() {
    const runAt = this.message.status === 'queued' && this.message.generation?.runAt;
    clearInterval(this.#clock);
    if (runAt && new Date(runAt) > serverTime()) this.#clock = setInterval(() => this.requestUpdate(), 1_000);
  }
}

const SENDING = { post: 'Sending…', edit: 'Saving…', delete: 'Deleting…', stop: 'Stopping…', retry: 'Asking again…' };
const REFUSED = {
  post: 'Not sent.',
  edit: 'The change was not saved.',
  delete: 'Not deleted.',
  stop: 'Could not be stopped.',
  retry: 'Could not be asked again.',
};

customElements.define('hf-message', Message);
