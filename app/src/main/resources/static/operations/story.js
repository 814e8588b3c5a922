// A generation from the mention to the fold, as it was.
import { html, nothing } from 'lit';
import { cancel, retry } from './generations.js';
import { at, count, duration, pill, several } from './words.js';

export function story({ story: told, acts, ask, close }) {
  if (!told) return nothing;
  const ends = ['queued', 'running', 'failed'].includes(told.state);
  return html`
    <dialog class="story" aria-labelledby="story-title" @close=${close}>
      <header class="title"><div><h2 id="story-title">Generation ${told.id} ${pill(told.state)}</h2>
        <p class="quiet">@${told.agent} in ${told.channel}, asked by @${told.person}</p></div>
        <button type="button" aria-label="Close the story" @click=${(event) => event.target.closest('dialog').close()}>Close</button></header>
      ${told.stuck ? html`<p class="problem"><b>${told.stuck.reason}.</b> ${told.stuck.mend.startsWith('select') ? html`<code>${told.stuck.mend}</code>` : told.stuck.mend}</p>` : nothing}
      <h3>What happened</h3>
      <ol class="timeline">${events(told).map((each) => html`<li class=${each.tone ?? ''}><span class="when">${at(each.at)}</span><span class="what">${each.what}</span></li>`)}</ol>
      <dl class="facts">${facts(told).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
      <h3>What the model was given</h3>
      ${context(told.context)}
      ${acts ? html`<div class="buttons">
        ${ends ? html`<button type="button" class="bad" @click=${() => ask(cancel([told.id]))}>Cancel…</button>` : nothing}
        ${told.state !== 'running' || told.stuck ? html`<button type="button" @click=${() => ask(retry([told.id]))}>Retry…</button>` : nothing}</div>` : nothing}
    </dialog>`;
}

function events(told) {
  const list = [];
  const add = (instant, what, tone) => instant && list.push({ at: instant, what, tone, place: list.length });
  const again = told.queuedAt > told.askedAt;
  add(told.askedAt, 'Asked for, queued');
  told.history.forEach((each) => {
    add(each.claimedAt, html`Attempt ${each.attempt}: claimed by <b>${each.worker}</b>`);
    add(each.firstTokenAt, 'First text');
    add(each.endedAt, html`<b>${each.outcome}</b>${each.error ? html`: ${each.error}` : nothing}`, each.outcome === 'failed' || each.outcome === 'lease expired' ? 'bad' : '');
  });
  told.audit.forEach((each) => add(each.at, html`<b>${each.actor}</b>: ${each.action.replace('_', ' ')}`, 'person'));
  if (again) add(told.queuedAt, 'Queued again');
  if (told.state === 'running' || told.state === 'completed') {
    add(told.claimedAt, html`Attempt ${told.attempt}: claimed by <b>${told.worker ?? 'a worker that has gone'}</b> after ${duration(since(told.queuedAt, told.claimedAt))}`);
    add(told.firstTokenAt, html`First text, ${duration(since(told.queuedAt, told.firstTokenAt))} after it was ${again ? 'queued again' : 'asked for'}`);
  }
  if (told.state === 'completed') add(told.finishedAt, html`Folded: ${several(told.text.characters, 'character')} in ${several(told.flushes ?? 0, 'flush', 'flushes')}`, 'good');
  if (told.state === 'running' && told.progressAt > told.claimedAt) add(told.progressAt, html`Latest text seen: ${several(told.text.characters, 'character')} in ${several(told.text.chunks, 'flush', 'flushes')}`);
  if (told.state === 'queued' && told.waiting) add(told.runAt, html`Next attempt, in ${duration(told.waiting)}`);
  if (told.state === 'cancelled' && !told.audit.some((each) => each.action === 'cancel')) add(told.finishedAt, 'Stopped by a member');
  return list.sort((a, b) => Date.parse(a.at) - Date.parse(b.at) || a.place - b.place);
}

const since = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

const facts = (told) => [
  ['Attempt', `${told.attempt} of ${told.maxAttempts}`],
  [['queued', 'running'].includes(told.state) ? 'Age' : 'Took', duration(told.age)],
  ['Lease', told.lease == null ? '–' : duration(told.lease)],
  ['Fence', told.fence],
  ['Priority', told.priority],
  ['Depth', told.depth],
  ['Tokens in', count(told.inputTokens)],
  ['Tokens out', count(told.outputTokens)],
  ['Text', `${several(told.text.characters, 'character')}`],
  ['Reply', html`<code>${told.reply}</code>`],
];

function context(messages) {
  if (messages.length === 0) return html`<p class="quiet">Nothing yet: the context is put together after the claim.</p>`;
  return html`
    <p class="quiet">${several(messages.length, 'message')} of this channel; what they say is for its members alone.</p>
    <div class="scrolls" tabindex="0" role="region" aria-label="Messages of the context"><table>
      <thead><tr><th scope="col">Author</th><th scope="col">At</th><th scope="col" class="number">Characters</th><th scope="col">Message</th></tr></thead>
      <tbody>${messages.map((each) => html`<tr><td>${each.author ? `@${each.author}` : 'gone'}</td><td>${each.at ? at(each.at) : '–'}</td><td class="number">${each.deleted ? 'deleted' : count(each.characters)}</td><td><code>${each.message.slice(0, 8)}</code></td></tr>`)}</tbody>
    </table></div>`;
}
