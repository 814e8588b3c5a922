// All that a view can ask for. What comes of it is in the store; a promise tells only that it is done, or throws the reason it is not.
import * as api from './api.js';
import { Feed } from './feed.js';
import { Outbox } from './outbox.js';
import { store } from './store.js';
import { Sync } from './sync.js';

const EVERY = 1_000; // ms between two tellings of what was read
const LARGEST = 200; // messages that the server hands out at once
const LAST = 'holdfast.account'; // localStorage: whose copy to open before the server is asked
const LEAVING = 'holdfast.leaving'; // localStorage: who signs out, whichever tab hears first that the session is over

const sync = new Sync(store);
const outbox = new Outbox(store, { signedOut: () => sessionEnded() });
const feed = new Feed({
  hello: (event) => {
    if (event.account !== store.me.id) return sessionEnded(); // the cookie may have become another person's, whom this copy is not for
    stay();
    return sync.hello(event);
  },
  heads: sync.heads,
  batch: sync.batch,
  account: sync.account,
  read: sync.read,
  signedOut: () => sessionEnded(),
  silent: api.giveUp,
  state: (connection) => {
    if (connection !== store.connection) store.set({ connection });
    store.tell({ type: 'connection', connection });
    if (connection === 'live') tellReads();
  },
});

// --- session ---

/** Shows this browser's copy at once where there is one; the server has its say after. */
export async function start() {
  const last = localStorage.getItem(LAST);
  return last ? open({ id: last }) : ask();
}

/** Shows what the server says of who is signed in. */
async function ask() {
  try {
    const setup = await api.get('/api/setup');
    if (setup.needed) return store.set({ session: 'setup' });
    return open(await api.get('/api/me'));
  } catch (failure) {
    return store.set({ session: 'signed-out', connection: failure.status ? 'live' : 'offline' });
  }
}

async function open(me) {
  sync.begin();
  localStorage.setItem(LAST, me.id);
  await store.open(me, {
    onLead: lead,
    onYield: () => {
      yieldLead();
      store.tell({ type: 'joined' }); // the one that leads says how it is connected
    },
  });
}

async function lead() {
  await store.refresh();
  if (!store.tabs?.leads) return; // taken over meanwhile
  feed.start();
  outbox.start();
}

function yieldLead() {
  feed.stop();
  outbox.stop();
}

export const setUp = (fields) => enter('/api/setup', fields);
export const signIn = (fields) => enter('/api/session', fields);
export const join = (fields) => enter('/api/accounts', fields);

/** The browser may hold the copy of a session that is over now, this person's or another's, so the page begins anew. */
export async function resetPassword(fields) {
  await api.post('/api/session/reset', fields);
  await leave({ keepUnsent: true });
  localStorage.removeItem(LAST);
  location.replace('/');
}

async function enter(path, fields) {
  const me = await api.post(path, fields);
  await open(me?.id ? me : await api.get('/api/me'));
}

/** Ends the session and wipes this browser's copy; unsent messages go too, so views ask first. */
export async function signOut() {
  const { id } = store.me;
  localStorage.setItem(LEAVING, id); // the answer may get lost; then the feed tells that the session is over
  await api.remove('/api/session').catch((failure) => {
    if (failure.status !== 401 && store.me?.id === id) throw failure;
  });
  await leave({ keepUnsent: false });
  await store.erase(id); // a tab that heard first of the session's end may have kept what was not sent
}

/** Who is welcome after all, or goes on writing, has not signed out. */
const stay = () => localStorage.removeItem(LEAVING);

/** The server no longer knows this session. What was not sent yet, drafts too, waits for the next sign-in of the same person, unless they signed out. */
async function sessionEnded() {
  const id = store.me?.id;
  const keepUnsent = localStorage.getItem(LEAVING) !== id;
  await leave({ keepUnsent });
  if (!keepUnsent) await store.erase(id);
}

async function leave(how) {
  if (store.session !== 'signed-in') return; // the feed and the outbox may both have been told
  store.set({ session: 'starting' });
  if (localStorage.getItem(LAST) === store.me?.id) localStorage.removeItem(LAST); // else somebody has signed in since
  yieldLead();
  api.giveUp();
  await store.wipe(how);
  stay();
  store.set({ session: 'signed-out', connection: 'live' });
}

// --- channels ---

let openings = 0;

/** Shows a channel: from the copy, and from the server where the copy has nothing. Where the position cannot be had, shows the newest messages. */
export async function openChannel(channelId, position) {
  const log = store.messages.log(channelId);
  const opening = ++openings;
  const isAwaited = () => opening === openings;
  store.messages.leaveLogs(channelId);
  if (store.channels.get(channelId)?.cursor === undefined) await sync.newestPage(channelId).catch(() => {});
  if (position === undefined) return isAwaited() ? log.open() : undefined;
  try {
    await reachBack(channelId, position, isAwaited);
  } catch (failure) {
    if (!isAwaited()) return undefined;
    await log.open();
    throw new Error(`This browser does not have the message that the link leads to. ${failure.message}`, { cause: failure });
  }
  return isAwaited() ? log.around(position) : undefined;
}

export async function newest(channelId) {
  await store.messages.log(channelId).open();
}

/** Extends the view upwards: from the copy, then from the server. */
export async function older(channelId) {
  const log = store.messages.log(channelId);
  if ((await log.older()) > 0 || store.channels.get(channelId)?.whole !== false) return;
  await sync.olderPage(channelId);
  await log.older();
}

export const newer = (channelId) => store.messages.log(channelId).newer();

/** What this browser holds of a channel is one piece, so all that lies between comes, too. */
async function reachBack(channelId, position, isAwaited) {
  const reaches = ({ low, whole } = {}) => whole !== false || low <= position;
  while (isAwaited() && !reaches(store.channels.get(channelId))) await sync.olderPage(channelId, LARGEST);
}

export async function createChannel(fields) {
  const channel = await api.post('/api/channels', fields);
  await admit(channel);
  return channel;
}

export async function renameChannel(channelId, name) {
  const renamed = await api.patch(`/api/channels/${channelId}`, { name });
  await store.channels.patch(channelId, { name: renamed.name });
}

export const directMessage = (handle) => createChannel({ direct: [handle] });

async function admit(channel) {
  if (!channel?.id || store.channels.has(channel.id)) return;
  await store.channels.put([{ unread: 0, lastReadSeq: channel.seq ?? 0, ...channel }]);
}

let publicPart = '';

/** Public channels with this part in their names. An answer that a later question overtook is of no use. */
export async function findPublic(part = '') {
  publicPart = part;
  const channels = await api.get(`/api/channels/public?part=${encodeURIComponent(part)}`);
  if (part === publicPart) store.lay('public channels', { part, channels });
}

export async function joinChannel(channel) {
  await api.post(`/api/channels/${channel.id}/members`, { handle: store.me.handle });
  const list = await api.get('/api/channels');
  await store.channels.take(list);
}

export const findMembers = (channelId) => answer(`members:${channelId}`, api.get(`/api/channels/${channelId}/members`));

export async function addMember(channelId, handle) {
  await api.post(`/api/channels/${channelId}/members`, { handle });
  await findMembers(channelId);
}

export async function removeMember(channelId, handle) {
  await api.remove(`/api/channels/${channelId}/members/${encodeURIComponent(handle)}`);
  if (handle === store.me.handle) await store.channels.take(await api.get('/api/channels'));
  else await findMembers(channelId);
}

/** I have seen everything in the channel up to now. While this browser has yet to fetch some of it, I have not. */
export async function markRead(channelId) {
  const channel = store.channels.get(channelId);
  const seq = channel?.cursor;
  if (!seq || seq < channel.seq || (channel.unread === 0 && channel.lastReadSeq >= seq)) return;
  const worthTelling = channel.unread > 0 || seq > (channel.counted ?? 0); // a page may come before the batch that counts its messages
  await store.channels.patch(channelId, { unread: 0, lastReadSeq: seq, ...(worthTelling && { unsentRead: seq }) });
  if (worthTelling) tellSoon();
}

let told = -EVERY;
let timer = 0;

/** At once, and then at most every second: each telling goes to all browsers of this account. */
function tellSoon() {
  timer ||= setTimeout(() => {
    timer = 0;
    told = performance.now();
    tellReads();
  }, Math.max(0, told + EVERY - performance.now()));
}

function tellReads() {
  for (const channel of store.channels.values()) if (channel.unsentRead) sendRead(channel.id);
}

async function sendRead(channelId) {
  const seq = store.channels.get(channelId)?.unsentRead;
  if (!seq) return;
  try {
    await api.put(`/api/channels/${channelId}/read`, { seq });
  } catch (failure) {
    if (!failure.status || failure.status >= 500 || failure.status === 401) return; // kept; the next connection or read tells it
  }
  if (store.channels.get(channelId)?.unsentRead === seq) await store.channels.patch(channelId, { unsentRead: undefined });
}

// --- messages (through the outbox, so that they work offline) ---

export const post = (channelId, content, replyTo) => outbox.post(channelId, content, replyTo);
export const edit = (message, content) => outbox.edit(message, content);
export const remove = (message) => outbox.remove(message);
export const stopReply = (message) => outbox.stopReply(message);
export const retryReply = (message) => outbox.retryReply(message);
export const discard = (n) => outbox.discard(n);
export const sendAgain = (n) => outbox.again(n);

/** What is being written in a channel, or into the editor of a message; of `replyIn` a channel, which message that answers. */
export const draft = (id) => store.kept.get('drafts')?.[id] ?? '';

export const replyIn = (channelId) => `reply ${channelId}`;

export function keepDraft(id, text) {
  stay();
  const { [id]: _, ...others } = store.kept.get('drafts') ?? {};
  store.keep('drafts', text ? { ...others, [id]: text } : others);
}

// --- finding ---

const SHOWN = 50;

let sought = null;

/** Finds the newest, and whether there are more. An answer to what was sought before comes to nothing. */
export async function search(query) {
  sought = query;
  try {
    const messages = await api.get(`/api/search?q=${encodeURIComponent(query)}&limit=${SHOWN + 1}`);
    if (query === sought) store.lay('search', { query, messages: messages.slice(0, SHOWN), more: messages.length > SHOWN });
  } catch (failure) {
    if (query === sought) throw failure;
  }
}

const LISTED = 500; // accounts that the server hands out at once

/** Looks for accounts whose handle or name begins so; they are in the store's accounts after. Answers whether there may be more. */
export async function findAccounts(prefix, limit = LISTED) {
  const found = await api.get(`/api/accounts?prefix=${encodeURIComponent(prefix)}&limit=${limit}`);
  await store.takeAccounts(found);
  return found.length === limit;
}

// --- people, agents, sessions ---

export async function changeAccount(id, fields) {
  await store.takeAccounts([await api.patch(`/api/accounts/${id}`, fields)]);
}

export const makeResetLink = (id) => api.post(`/api/accounts/${id}/reset`);

async function answer(topic, request) {
  store.lay(topic, await request);
}

export async function findAgents() {
  await store.keep('agents', await api.get('/api/agents'));
}

export const makeAgent = (fields) => api.post('/api/agents', fields).then(findAgents);
export const changeAgent = (id, fields) => api.patch(`/api/agents/${id}`, fields).then(findAgents);

export const findInvites = () => answer('invites', api.get('/api/invites'));

export async function invite(fields) {
  store.lay('fresh invite', await api.post('/api/invites', fields));
  await findInvites();
}

export const revokeInvite = (id) => api.remove(`/api/invites/${id}`).then(findInvites);

export const findSessions = () => answer('sessions', api.get('/api/sessions'));
export const endSession = (id) => api.remove(`/api/sessions/${encodeURIComponent(id)}`).then(findSessions);

export async function rename(displayName) {
  const me = await api.patch('/api/me', { displayName });
  await store.keep('me', { ...store.me, ...(me ?? { displayName }) });
}

export const changePassword = (fields) => api.put('/api/me/password', fields);

// --- waking up ---

store.watch(['lost'], () => {
  yieldLead(); // whoever leads next begins with a feed of its own
  start();
});

/** What the tab that wiped it has stored since may be seen here a little later, so the server is asked. */
store.watch(['wiped'], () => {
  yieldLead();
  api.giveUp();
  ask();
});

/** There was no room for the messages, so they are read anew. */
store.watch(['emptied'], () => sync.fetchFirstPages());

/** A tab that was frozen may have missed what others told it. */
export async function wakeUp() {
  if (store.session === 'signed-in') await store.refresh();
}
