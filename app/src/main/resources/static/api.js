// One request and its answer. Who calls decides what becomes of it; nothing here remembers an answer.
import { hearTime } from './clock.js';
import { store } from './store.js';

const PATIENCE = 30_000;
const onTheirWay = new Set();

/** An answer that is not 2xx: `status`, a sentence in `message`, and `retryAfter` in seconds where the server said so. */
export class Problem extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || body.title || `The server answered ${status}.`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The server could not be reached, or the answer broke off. */
export class Unreachable extends Error {
  constructor(cause) {
    super('The server cannot be reached. Check the connection and try again.', { cause });
  }
}

export const get = (path) => content('GET', path);
export const post = (path, body) => content('POST', path, body);
export const put = (path, body) => content('PUT', path, body);
export const patch = (path, body) => content('PATCH', path, body);
export const remove = (path) => content('DELETE', path);
/** A page of a list in `content`, and in `next` whether there is one after it. */
export const getPage = (path) => call('GET', path);

const content = async (method, path, body) => (await call(method, path, body)).content;

/** Waits for no answer any more: whoever asked has left, or the network has forgotten the connections that they were to come over. */
export const giveUp = () => onTheirWay.forEach((patience) => patience.abort());

async function call(method, path, body) {
  const patience = new AbortController();
  onTheirWay.add(patience);
  // A timer of our own: AbortSignal.timeout() was seen to leave a request that hung hanging.
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    return await answerTo(method, path, body, patience.signal);
  } finally {
    clearTimeout(timer);
    onTheirWay.delete(patience);
  }
}

async function answerTo(method, path, body, signal) {
  const account = store.me?.id; // whose page this is: by cookie alone it would be whoever has signed in on this browser since
  const sent = token();
  let answer = await request(method, path, body, { account, signal });
  // The token's cookie goes with the session; one fresh read tells a stale token from a real refusal.
  if (answer.status === 403 && method !== 'GET') {
    await request('GET', '/api/me', undefined, { account, signal });
    if (token() !== sent) answer = await request(method, path, body, { account, signal });
  }
  const content = await read(answer);
  if (account && account !== store.me?.id) throw new Unreachable(); // they have left: whoever is here now must not be given it
  if (!answer.ok) throw new Problem(answer.status, content ?? {}, Number(answer.headers.get('retry-after')) || undefined);
  return { content, next: /rel="?next/.test(answer.headers.get('link') ?? '') };
}

async function request(method, path, body, { account, signal }) {
  const headers = { accept: 'application/json, application/problem+json' };
  if (method !== 'GET') headers['x-xsrf-token'] = token();
  if (account) headers['x-holdfast-account'] = account;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = { method, headers, credentials: 'same-origin', cache: 'no-store', signal };
  try {
    const answer = await fetch(path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    hearTime(answer.headers.get('date'));
    return answer;
  } catch (failure) {
    throw new Unreachable(failure);
  }
}

async function read(answer) {
  let text;
  try {
    text = await answer.text();
  } catch (failure) {
    throw new Unreachable(failure);
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (failure) {
    // A 2xx that is not JSON comes from something between us and the server (a proxy's sign-in page, say).
    if (answer.ok) throw new Unreachable(failure);
    return {};
  }
}

function token() {
  const cookie = document.cookie.split('; ').find((each) => each.startsWith('XSRF-TOKEN='));
  return cookie ? decodeURIComponent(cookie.slice('XSRF-TOKEN='.length)) : '';
}
