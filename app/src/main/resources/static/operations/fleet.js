// The agents' queue and the workers: two tables, each with what can be done to what is ticked.
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { count, duration, pill, several } from './words.js';

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;
const each = (call, names) => names.map((name) => `select ${call}(${quoted(name)});`).join('\n');

export function agents({ queue, selection, acts, ask, show }) {
  selection.show(queue.map((row) => row.agent));
  return html`
    <section class="panel" aria-labelledby="agents-title">
      <h2 id="agents-title">Agents</h2>
      ${selection.bar((number) => several(number, 'agent'), html`
        <button type="button" @click=${() => ask(pause(selection.keys))}>Pause…</button>
        <button type="button" @click=${() => ask(resume(selection.keys))}>Resume…</button>`)}
      <table class="agents">
        <thead><tr>${acts ? html`<td class="tick">${selection.all('agents')}</td>` : nothing}<th scope="col">Agent</th><th scope="col" class="number">Queued</th><th scope="col" class="number">Running</th><th scope="col" class="number">Failed</th><th scope="col" class="number">Oldest</th>${acts ? html`<td class="deeds"></td>` : nothing}</tr></thead>
        <tbody>${repeat(queue, (row) => row.agent, (row) => html`
          <tr>${acts ? html`<td class="tick">${selection.box(row.agent, row.agent)}</td>` : nothing}
            <th scope="row"><button type="button" class="plain" @click=${() => show({ agent: row.agent })}>@${row.agent}</button> ${row.paused ? pill('paused') : nothing}<br><span class="quiet">${row.provider} · ${row.model}</span></th>
            <td class="number">${count(row.queued)}</td>
            <td class="number">${count(row.running)}${row.atMost ? html`<span class="quiet"> / ${row.atMost}</span>` : nothing}</td>
            <td class="number ${row.failed > 0 ? 'bad' : ''}">${count(row.failed)}</td>
            <td class="number">${row.oldestAge == null ? '–' : duration(row.oldestAge)}</td>
            ${acts ? html`<td class="deeds">${row.failed > 0 ? html`<button type="button" class="plain" aria-label="Retry failed… of ${row.agent}" @click=${() => ask(retryFailed(row))}>Retry failed…</button>` : nothing}</td>` : nothing}
          </tr>`)}</tbody>
      </table>
    </section>`;
}

export function workers({ list, selection, acts, ask }) {
  selection.show(list.filter((row) => row.state !== 'silent').map((row) => row.worker));
  return html`
    <section class="panel" aria-labelledby="workers-title">
      <h2 id="workers-title">Workers</h2>
      ${selection.bar((number) => several(number, 'worker'), html`
        <button type="button" @click=${() => ask(drain(selection.keys))}>Drain…</button>
        <button type="button" @click=${() => ask(undrain(selection.keys))}>Take in again…</button>`)}
      ${list.length === 0 ? html`<p class="quiet">No worker has run in the last day: replies wait until one is started.</p>` : html`
      <table class="workers">
        <thead><tr>${acts ? html`<td class="tick">${selection.all('workers')}</td>` : nothing}<th scope="col">Worker</th><th scope="col">State</th><th scope="col">Slots</th><th scope="col" class="number">Heartbeat</th><th scope="col" class="number up">Up</th></tr></thead>
        <tbody>${repeat(list, (row) => row.worker, (row) => html`
          <tr>${acts ? html`<td class="tick">${row.state === 'silent' ? nothing : selection.box(row.worker, row.worker)}</td>` : nothing}
            <th scope="row">${row.worker}</th>
            <td>${pill(row.state)}</td>
            <td class="slots"><meter min="0" max=${row.slots} value=${row.running} aria-label="Running on ${row.worker}"></meter> ${row.running}<span class="quiet"> / ${row.slots}</span>${row.expired > 0 ? html` <span class="bad">${row.expired} expired</span>` : nothing}</td>
            <td class="number">${duration(row.lastSeen)}</td>
            <td class="number up">${duration(row.up)}</td>
          </tr>`)}</tbody>
      </table>`}
    </section>`;
}

const pause = (names) => ({
  title: `Pause ${several(names.length, 'agent')}?`, button: 'Pause', path: '/api/ops/pause', body: { agents: names },
  text: `What runs finishes; what is queued or asked meanwhile waits until somebody resumes ${names.join(', ')}.`, sql: each('ops.pause_agent', names),
});

const resume = (names) => ({
  title: `Resume ${several(names.length, 'agent')}?`, button: 'Resume', path: '/api/ops/resume', body: { agents: names },
  text: 'What has waited runs at once.', sql: each('ops.resume_agent', names),
});

const retryFailed = ({ agent, failed }) => ({
  title: `Retry what @${agent} failed?`, button: 'Retry', path: '/api/ops/retry-failed', body: { agent, seconds: 86_400 },
  text: `Of ${several(failed, 'failed reply', 'failed replies')} those of the last day run again, behind fresh mentions.`, sql: `select ops.retry_failed(${quoted(agent)}, interval '1 day');`,
});

const drain = (names) => ({
  title: `Drain ${several(names.length, 'worker')}?`, button: 'Drain', bad: true, path: '/api/ops/drain', body: { workers: names },
  text: 'What runs there finishes, nothing new starts there. With no other worker, replies wait.', sql: each('ops.drain_worker', names),
});

const undrain = (names) => ({
  title: `Take in ${several(names.length, 'worker')} again?`, button: 'Take in', path: '/api/ops/undrain', body: { workers: names },
  text: 'New replies start there again.', sql: each('ops.resume_worker', names),
});
