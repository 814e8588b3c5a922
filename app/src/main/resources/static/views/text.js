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
    return html`<div class="text" @click=${this.#copy}></div>`;
  }

  updated() {
    this.#shown ??= new Growing(this.querySelector('.text'));
    this.#shown.show(this.content, { growing: this.growing, env: { handles: this.handles, me: store.me?.handle?.toLowerCase() } });
  }

  async #copy(event) {
    const button = event.target.closest('button.copy');
    if (!button) return;
    button.textContent = (await copied(button.nextElementSibling)) ? 'Copied' : 'Selected: copy it now';
    setTimeout(() => (button.textContent = 'Copy'), 1_500);
  }
}

/** Copies an element's text and says whether that succeeded. A page over plain http has no clipboard: there what is selected is copied, and stays selected if it can't be. */
async function copied(element) {
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    const selection = getSelection();
    selection.selectAllChildren(element);
    const done = document.execCommand('copy');
    if (done) selection.removeAllRanges();
    return done;
  }
}

customElements.define('hf-text', Text);
