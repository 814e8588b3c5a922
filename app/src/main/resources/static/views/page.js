import { html } from 'lit';
import { icon } from './parts.js';

/** A page beside the channels: a bar with its name, and its content. */
export const page = (title, content, tool = '') => html`
  <section class="page" aria-label=${title}>
    <header class="bar"><a class="tool back" href="/" aria-label="Back to the channels">${icon('back')}</a><h1>${title}</h1>${tool}</header>
    <div class="scroller" tabindex="0" role="region" aria-label="${title}, content"><div class="sheet">${content}</div></div>
  </section>`;
