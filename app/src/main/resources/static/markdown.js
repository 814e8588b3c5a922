// Markdown to DOM. What people and models write is never markup: no HTML passes, nothing is loaded from elsewhere,
// a link shows where it goes. DOMPurify checks the result again, in case the renderer can be fooled.
import DOMPurify from 'dompurify';
import 'markdown-it'; // its one file for browsers, which gives no export but a global; as modules it is eighty requests
import { highlight } from './highlight.js';

const markdown = globalThis.markdownit({ html: false, linkify: true, breaks: true, typographer: false });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
// Only what opens somewhere sensible; everything else stays text.
markdown.validateLink = (url) => /^(https?:|mailto:|\/(?!\/)|#)/i.test(url.trim());

const { rules } = markdown.renderer;
const escape = markdown.utils.escapeHtml;

// Some texts of a few kilobytes keep the parser busy for a minute, or become megabytes of elements, and no text may hold up the
// page. So what its rules try and make is counted; a text that wants more than a multiple of its length is shown as it was written.
const TRIES = 10; // for each character; prose takes a tenth of one
const TAGS = .2; // for each character; prose takes a twentieth of one
const MORE = 10_000; // of both, for short texts
const DEEPEST = markdown.options.maxNesting - 2; // of quotes and lists: below, the parser would leave out what was said

class TooDear extends Error {}

function spend(env, tries) {
  env.tries -= tries;
  if (env.tries < 0) throw new TooDear();
}

/** A rule that never fits and comes before all others, so it sees each try of them. */
function count({ env, level }) {
  if (level >= DEEPEST) throw new TooDear();
  spend(env, 1);
  return false;
}

markdown.inline.ruler.before('text', 'count', count);
markdown.block.ruler.before('table', 'count', count, { alt: ['paragraph', 'blockquote', 'list'] });
// For each further line of a reference the parser copies all before it.
markdown.block.ruler.before('table', 'count in a reference', (state, line) => {
  spend(state.env, line - state.line);
  return false;
}, { alt: ['reference'] });

// At each beginning of an address it is read on to the end of the line, at worst, and what it is found in is copied.
const BEGINNING = /\/\/|mailto:/i;
const MOST_READ = 2_000_000; // characters
const COPIED = 500; // costs as much as reading so many

/** Whether addresses that nobody marked as links are soon found; where not, they stay text. */
function isSoonLinked(source) {
  let read = 0;
  for (const line of source.split('\n')) read += (line.split(BEGINNING).length - 1) * (line.length + COPIED);
  return read < MOST_READ;
}

rules.link_open = (tokens, index, _, env) => {
  const href = tokens[index].attrGet('href');
  spend(env, href.length); // many links may share one long address that was written once
  const outside = /^[a-z]+:/i.test(href);
  return `<a href="${escape(href)}" title="${escape(href)}"${outside ? ' target="_blank" rel="noopener noreferrer nofollow"' : ''}>`;
};

rules.link_close = (tokens, index) => {
  const opening = openingOf(tokens, index);
  const host = hostOf(opening.attrGet('href'));
  const isItsOwnText = ['linkify', 'autolink'].includes(opening.markup) && names(tokens[index - 1].content, host);
  return host && !isItsOwnText ? `</a> <span class="destination">${escape(host)}</span>` : '</a>';
};

/** Step by step from the end: a slice of all before it for each of thousands of links would hold up the page for seconds. */
function openingOf(tokens, end) {
  let index = end - 1;
  while (tokens[index].type !== 'link_open') index -= 1;
  return tokens[index];
}

/** A picture would be loaded from its server, which would learn who reads; a link says the same. */
rules.image = (tokens, index, _, env) => {
  const source = tokens[index].attrGet('src');
  spend(env, source.length);
  const name = tokens[index].content || 'image';
  const host = hostOf(source);
  if (!host) return escape(name);
  return `<a href="${escape(source)}" title="${escape(source)}" target="_blank" rel="noopener noreferrer nofollow">🖼 ${escape(name)}</a> <span class="destination">${escape(host)}</span>`;
};

rules.fence = (tokens, index) => codeBlock(tokens[index].content, tokens[index].info.trim().split(/\s+/)[0]);
rules.code_block = (tokens, index) => codeBlock(tokens[index].content, '');
rules.table_open = () => '<div class="table" tabindex="0"><table>';
rules.table_close = () => '</table></div>';
rules.th_open = rules.td_open = (tokens, index) => {
  const side = tokens[index].attrGet('style')?.replace('text-align:', '');
  return `<${tokens[index].tag}${side ? ` class="align-${side}"` : ''}>`;
};

function codeBlock(code, language) {
  const name = language ? ` data-language="${escape(language)}"` : '';
  return `<div class="code"${name}><button type="button" class="copy" title="Copy this code">Copy</button><pre tabindex="0"><code>${escape(code)}</code></pre></div>`;
}

function hostOf(href) {
  try {
    const url = new URL(href);
    return url.host || url.pathname;
  } catch {
    return '';
  }
}

/** Whether an address names its host as such: not in letters that look like others, and not after a name and an @. */
const names = (address, host) => address.replace(/^[a-z]+:(\/\/)?/i, '').split(/[/?#\\]/)[0].toLowerCase() === host;

const MENTION = /(?<![\p{L}\p{N}_@./:-])@([a-z0-9][a-z0-9_-]*)/giu;

/** Marks the mentions of known handles in a paragraph's text; code and links have tokens of their own. */
markdown.core.ruler.push('mention', (state) => {
  const known = state.env.handles;
  if (!known) return;
  for (const block of state.tokens) {
    if (block.type !== 'inline') continue;
    let depth = 0;
    block.children = block.children.flatMap((token) => {
      depth += token.type === 'link_open' ? 1 : token.type === 'link_close' ? -1 : 0;
      return token.type === 'text' && depth === 0 ? withMentions(state, token, known) : [token];
    });
  }
});

function withMentions(state, token, known) {
  const found = [...token.content.matchAll(MENTION)].filter(([, handle]) => known.has(handle.toLowerCase()));
  if (found.length === 0) return [token];
  const parts = [];
  let from = 0;
  const text = (content) => Object.assign(new state.Token('text', '', 0), { content });
  for (const match of found) {
    parts.push(text(token.content.slice(from, match.index)), Object.assign(new state.Token('mention', '', 0), { content: match[0] }));
    from = match.index + match[0].length;
  }
  return [...parts, text(token.content.slice(from))];
}

rules.mention = (tokens, index, _, env) => {
  const me = tokens[index].content.slice(1).toLowerCase() === env.me;
  return `<span class="mention${me ? ' me' : ''}">${escape(tokens[index].content)}</span>`;
};

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  ALLOWED_TAGS: ['a', 'blockquote', 'br', 'button', 'code', 'del', 'div', 'em', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p', 'pre', 's', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul'],
  ALLOWED_ATTR: ['class', 'data-language', 'href', 'rel', 'start', 'tabindex', 'target', 'title', 'type'],
  // What is listed here is not an address, so the pattern below doesn't have to fit it.
  ADD_URI_SAFE_ATTR: ['rel', 'start', 'tabindex', 'target', 'type'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|\/(?!\/)|#)/i,
};

const triesOf = (source) => TRIES * source.length + MORE;

/** What a parser answers, or something else where its text is too dear. */
function orElse(parse, instead) {
  try {
    return parse();
  } catch (failure) {
    if (failure instanceof TooDear) return instead();
    throw failure;
  }
}

/** Top-level blocks of a source: where each begins and ends, in lines. None where telling them is too dear. */
export function blocks(source) {
  const found = [];
  let depth = 0;
  for (const token of orElse(() => parsed(source.replace(/\r\n?|\n/g, '\n')), () => [])) {
    if (depth === 0 && token.map && token.nesting >= 0) found.push(token.map);
    depth += token.nesting;
  }
  return found;
}

function parsed(source) {
  const tokens = [];
  markdown.block.parse(source, markdown, { tries: triesOf(source) }, tokens);
  return tokens;
}

function markup(source, env) {
  markdown.set({ linkify: isSoonLinked(source) });
  return orElse(() => {
    const html = markdown.render(source, { ...env, tries: triesOf(source) });
    if (html.split('<').length > TAGS * source.length + MORE) throw new TooDear();
    return html;
  }, () => `<p class="as-written">${escape(source)}</p>`);
}

/** A source as DOM. `env.handles`: the known handles, `env.me`: mine, both lower case; `env.growing`: it will be rendered again soon. */
export function render(source, env = {}) {
  const fragment = DOMPurify.sanitize(markup(source, env), CLEAN);
  // Each block runs as its own words do; code and names run one way and don't count among them.
  for (const each of fragment.querySelectorAll('.code, code, .mention')) each.dir = 'ltr';
  for (const block of fragment.children) block.dir ||= 'auto';
  for (const code of fragment.querySelectorAll('.code[data-language] code')) highlight(code, env.growing);
  return fragment;
}
