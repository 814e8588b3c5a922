import { html } from 'lit';
import { Growing } from '../growing.js';
import { store } from '../store.js';
import { View } from './view.js';

/** The text of a message as Markdown; while it grows only its end is drawn again. */
class Text extends View {
  static properties = { content: {}, growing: {}, handles: {} };

  #shown = null;

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#shown?.close();
    this.#shown = null;
  }

  render() {
    return html`<div class="text" dir="auto" @click=${this.#copy}></div>`;
  }

  updated() {
    this.#shown ??= new Growing(this.querySelector('.text'));
    this.#shown.show(this.content, { growing: this.growing, env: { handles: this.handles, me: store.me?.handle?.toLowerCase() } });
  }

  async #copy(event) {
    const button = event.target.closest('button.copy');
    if (!button) return;
    await navigator.clipboard?.writeText(button.nextElementSibling.textContent);
    button.textContent = 'Copied';
    setTimeout(() => (button.textContent = 'Copy'), 1_500);
  }
}

customElements.define('hf-text', Text);
