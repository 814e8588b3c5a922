// The table of generations: filters, what can be done to what is ticked, and the way to each one's story.
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { at, duration, pill, several } from './words.js';

const STATES = [['', 'All'], ['stuck', 'Stuck'], ['queued', 'Queued'], ['running', 'Running'], ['failed', 'Failed'], ['completed', 'Completed'], ['cancelled', 'Cancelled']];
const AGES = [['', 'Any age'], ['60', 'Over a minute'], ['300', 'Over 5 minutes'], ['3600', 'Over an hour'], ['86400', 'Over a day']];

export function generations({ rows, filter, queue, selection, acts, ask, show, open, more }) {
  selection.show(rows.map((row) => row.id));
  return html`
    <section class="panel wide" aria-labelledby="generations-title">
      <h2 id="generations-title">Generations</h2>
      <form class="filters" role="search" aria-label="Filter generations" @submit=${(event) => event.preventDefault()} @change=${(event) => show(read(event.currentTarget))}>
        <label>State <select name="state">${STATES.map((each) => option(each, filter.state))}</select></label>
        <label>Agent <select name="agent">${[['', 'All'], ...queue.map((each) => [each.agent, `@${each.agent}`])].map((each) => option(each, filter.agent))}</select></label>
        <label>Channel <input name="channel" .value=${filter.channel ?? ''} placeholder="all" autocapitalize="none" spellcheck="false"></label>
        <label>Age <select name="minAge">${AGES.map((each) => option(each, filter.minAge))}</select></label>
      </form>
      ${selection.bar((number) => several(number, 'generation'), html`
        <button type="button" @click=${() => ask(retry(selection.keys))}>Retry…</button>
        <button type="button" class="bad" @click=${() => ask(cancel(selection.keys))}>Cancel…</button>`)}
      ${rows.length === 0 ? html`<p class="empty">${filter.state === 'stuck' ? 'Nothing is stuck.' : 'Nothing here.'}</p>` : html`
      <table class="generations">
        <thead><tr>${acts ? html`<td class="tick">${selection.all('generations')}</td>` : nothing}<th scope="col">Generation</th><th scope="col">State</th><th scope="col">Agent</th><th scope="col">Channel</th><th scope="col">Person</th><th scope="col" class="number">Attempt</th><th scope="col" class="number">Age</th><th scope="col">Worker</th><th scope="col">What is said</th></tr></thead>
        <tbody>${repeat(rows, (row) => row.id, (row) => line(row, { acts, selection, open }))}</tbody>
      </table>
      <div class="buttons">${rows.length % 50 === 0 ? html`<button type="button" @click=${more}>Older ones</button>` : nothing}</div>`}
    </section>`;
}

const option = ([value, words], chosen) => html`<option value=${value} ?selected=${value === (chosen ?? '')}>${words}</option>`;

const read = (form) => Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));

function line(row, { acts, selection, open }) {
  return html`
    <tr @click=${(event) => event.target.closest('a, input') || open(row.id)}>
      ${acts ? html`<td class="tick">${selection.box(row.id, `generation ${row.id}`)}</td>` : nothing}
      <th scope="row"><a href="/ops/generations/${row.id}" >${row.id}</a></th>
      <td class="state">${pill(row.state)}</td>
      <td class="agent">@${row.agent}</td>
      <td class="channel">${row.channel}</td>
      <td class="person">@${row.person}</td>
      <td class="number attempt">${row.attempt}<span class="quiet">/${row.maxAttempts}</span></td>
      <td class="number age">${duration(row.age)}</td>
      <td class="worker">${row.worker ?? '–'}</td>
      <td class="said">${said(row)}</td>
    </tr>`;
}

function said(row) {
  if (row.reason) return html`<b>${row.reason}</b>${row.error ? html`: ${row.error}` : nothing}`;
  if (row.waiting) return html`next try in ${duration(row.waiting)}${row.error ? html`: ${row.error}` : nothing}`;
  if (row.state === 'completed') return html`<span class="quiet">first text after ${duration(row.toFirstToken)}, ${row.outputTokens == null ? '' : html`${several(row.outputTokens, 'token')}, `}at ${at(row.finishedAt)}</span>`;
  if (row.error) return row.error;
  if (row.firstTokenAt) return html`<span class="quiet">first text after ${duration(row.toFirstToken)}</span>`;
  return nothing;
}

const list = (ids) => (ids.length > 12 ? `${ids.slice(0, 12).join(',')}, …` : ids.join(','));

export const retry = (ids) => ({
  title: `Retry ${several(ids.length, 'generation')}?`, button: 'Retry', path: '/api/ops/retry', body: { ids },
  text: 'Again, now, with all attempts, behind fresh mentions. The old text stays until the new replaces it.',
  sql: ids.length === 1 ? `select ops.retry(${ids[0]});` : `select * from ops.retry_all('{${list(ids)}}');`,
});

export const cancel = (ids) => ({
  title: `Cancel ${several(ids.length, 'generation')}?`, button: ids.length === 1 ? 'Cancel the generation' : 'Cancel them', bad: true, path: '/api/ops/cancel', body: { ids },
  text: 'For good: the text so far stays in the channel, marked as stopped.',
  sql: ids.length === 1 ? `select ops.cancel(${ids[0]});` : `select * from ops.cancel_all('{${list(ids)}}');`,
});
