// The pages before one is in: first run, sign in, join by invitation, choose a new password.
import { html } from 'lit';
import { join, resetPassword, setUp, signIn, start } from '../actions.js';
import { store } from '../store.js';
import { problem } from './parts.js';
import { View } from './view.js';

class Entry extends View {
  watches() {
    return ['connection'];
  }

  page({ title, words, fields, button, act }) {
    const submit = (event) => {
      event.preventDefault();
      this.attempt(() => act(Object.fromEntries(new FormData(event.target))));
    };
    return html`
      <main class="entry">
        <form class="card" @submit=${submit} aria-labelledby="entry-title">
          <img src="/icon.svg" alt="" width="48" height="48">
          <h1 id="entry-title">${title}</h1>
          <p class="quiet">${words}</p>
          ${fields}
          ${problem(this.problem)}
          <button type="submit" class="primary wide" ?disabled=${this.busy}>${this.busy ? 'One moment…' : button}</button>
        </form>
      </main>`;
  }

  firstUpdated() {
    this.querySelector('input')?.focus();
  }
}

const handle = (hint) => html`
  <label>Handle
    <input name="handle" required autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="32" placeholder="mira" aria-describedby="handle-hint">
  </label>
  ${hint ? html`<p class="hint" id="handle-hint">${hint}</p>` : ''}`;

const displayName = html`
  <label>Name <input name="displayName" required autocomplete="name" maxlength="80" placeholder="Mira Lind"></label>`;

const password = (autocomplete, hint) => html`
  <label>Password <input name="password" type="password" required autocomplete=${autocomplete}></label>
  ${hint ? html`<p class="hint">${hint}</p>` : ''}`;

const newPassword = password('new-password', 'At least 8 characters; a few words are best.');
const newFields = html`${displayName}${handle('What others type after @ to reach you.')}${newPassword}`;

class SetUp extends Entry {
  render() {
    return this.page({
      title: 'Welcome to Holdfast',
      words: 'This is a new installation. The account you make now is its administrator; you can invite everybody else afterwards.',
      fields: newFields,
      button: 'Make the first account',
      act: setUp,
    });
  }
}

class Join extends Entry {
  static properties = { code: {} };

  render() {
    return this.page({
      title: 'Join the conversation',
      words: this.code ? 'You have been invited to Holdfast. Choose how you want to be known.' : 'This link has no invitation in it. Ask for a new one: the part after # is the invitation.',
      fields: newFields,
      button: 'Join',
      act: (fields) => join({ ...fields, invite: this.code }),
    });
  }
}

class Reset extends Entry {
  static properties = { code: {} };

  render() {
    return this.page({
      title: 'Choose a new password',
      words: 'Then you are signed in here, and signed out everywhere else.',
      fields: newPassword,
      button: 'Sign in',
      act: (fields) => resetPassword({ ...fields, code: this.code }),
    });
  }
}

class SignIn extends Entry {
  render() {
    if (store.connection === 'offline') return this.#offline();
    return this.page({
      title: 'Sign in',
      words: 'Good to see you again.',
      fields: html`${handle('')}${password('current-password')}`,
      button: 'Sign in',
      act: signIn,
    });
  }

  #offline() {
    return html`
      <main class="entry"><div class="card">
        <img src="/icon.svg" alt="" width="48" height="48">
        <h1>Holdfast can’t be reached</h1>
        <p class="quiet">You are signed out, and signing in needs the server. Check the connection, then try again.</p>
        <button type="button" class="primary wide" @click=${() => start()}>Try again</button>
      </div></main>`;
  }
}

customElements.define('hf-setup', SetUp);
customElements.define('hf-join', Join);
customElements.define('hf-reset', Reset);
customElements.define('hf-sign-in', SignIn);
