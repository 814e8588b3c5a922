import { html } from 'lit';
import { discard, draft, edit, keepDraft } from '../actions.js';
import { composes, submits } from './parts.js';
import { View } from './view.js';

/**
 * Changes the text of a message: Enter saves (on a phone the button does), Escape leaves it as it was. Until then what was typed is
 * kept as a draft. Says `close` when it is done, and `emptied` after it where nothing is left of the text.
 */
class Editor extends View {
  static properties = { message: {} };

  #isTyped = false;
  #showsDraft = false;

  watches() {
    return ['drafts'];
  }

  get field() {
    return this.querySelector('textarea');
  }

  async focus() {
    await this.updateComplete;
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  /** The message may change elsewhere meanwhile; what was typed here stays. A draft of another tab goes when that tab is done with it. */
  updated() {
    if (this.#isTyped) return;
    const kept = draft(this.message.id);
    if (this.#showsDraft && !kept) this.dispatchEvent(new Event('close'));
    this.#showsDraft = kept !== '';
    this.field.value = kept || this.text;
  }

  get text() {
    const { pending, content } = this.message;
    return pending?.kind === 'edit' ? pending.content : content;
  }

  render() {
    return html`
      <form class="editor" @submit=${this.#save} @keydown=${this.#key}>
        <textarea dir="auto" aria-label="Edit the message" rows=${Math.min(12, this.text.split('\n').length + 1)} @input=${this.#typed}></textarea>
        <div class="buttons"><button type="button" @click=${this.#close}>Cancel</button><button type="submit" class="primary">Save</button></div>
      </form>`;
  }

  #typed = () => {
    this.#isTyped = true;
    keepDraft(this.message.id, this.field.value);
  };

  #key = (event) => {
    if (composes(event)) return;
    if (event.key === 'Escape') this.#close();
    if (submits(event)) this.#save(event);
  };

  #save = (event) => {
    event.preventDefault();
    const text = this.field.value;
    const { pending } = this.message;
    if (pending?.kind === 'edit' && pending.state === 'failed') discard(pending.n);
    if (text.trim() !== '' && (text !== this.message.content || pending?.state === 'failed')) edit(this.message, text);
    this.#close();
    if (text.trim() === '') this.dispatchEvent(new Event('emptied'));
  };

  #close = () => {
    keepDraft(this.message.id, '');
    this.dispatchEvent(new Event('close'));
    document.querySelector('hf-composer')?.focus();
  };
}

customElements.define('hf-editor', Editor);
