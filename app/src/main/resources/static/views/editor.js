import { html } from 'lit';
import { discard, edit } from '../actions.js';
import { submits } from './parts.js';
import { View } from './view.js';

/** Changes the text of a message: Enter saves (on a phone the button does), Escape leaves it as it was. Says `close` when it is done. */
class Editor extends View {
  static properties = { message: {} };

  get field() {
    return this.querySelector('textarea');
  }

  firstUpdated() {
    this.field.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  render() {
    const { pending, content } = this.message;
    const text = pending?.kind === 'edit' ? pending.content : content;
    return html`
      <form class="editor" @submit=${this.#save} @keydown=${this.#key}>
        <textarea dir="auto" aria-label="Edit the message" rows=${Math.min(12, text.split('\n').length + 1)} .value=${text}></textarea>
        <div class="buttons"><button type="button" @click=${this.#close}>Cancel</button><button type="submit" class="primary">Save</button></div>
      </form>`;
  }

  #key = (event) => {
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
  };

  #close = () => {
    this.dispatchEvent(new Event('close'));
    document.querySelector('hf-composer')?.focus();
  };
}

customElements.define('hf-editor', Editor);
