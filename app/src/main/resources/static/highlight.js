// Colours for code, made in a worker that is ended where it takes too long: a few kilobytes can keep the library busy for a
// minute, and no text may hold up the page. The worker starts when the first code comes.

const PATIENCE = 1_000; // ms; what takes longer stays plain
const MOST = 60_000; // characters; longer code stays plain
const MOST_GROWING = 3_000; // beyond that, code that grows is coloured at its end
const REMEMBERED = 50; // results

const waiting = []; // code elements
let results = []; // {language, text, html}; what stays plain has no html
let starting = null; // the worker, promised
let isBusy = false;

/** Colours a code element by the language that its block names: at once as far as its text is known, then the rest. Unknown languages stay plain. */
export function highlight(code, growing = false) {
  if (code.textContent === '') return; // all code begins so
  if (show(code) || code.textContent.length > (growing ? MOST_GROWING : MOST)) return;
  waiting.push(code);
  if (!isBusy) colourWaiting();
}

/** Shows the colours that are known; answers whether there are no others to come. */
function show(code) {
  const text = code.textContent;
  const known = beginnings(code).sort((a, b) => b.text.length - a.text.length)[0];
  if (known?.html) {
    code.innerHTML = known.html; // the library escapes what it is given; its output is spans with classes
    code.append(text.slice(known.text.length));
  }
  return known !== undefined && (!known.html || known.text === text);
}

/** What is known of code that this code begins with. */
function beginnings(code) {
  const { language, text } = source(code);
  return results.filter((each) => each.language === language && text.startsWith(each.text));
}

const source = (code) => ({ language: code.closest('[data-language]').dataset.language, text: code.textContent });

/** The newest first, which is most likely looked at. */
async function colourWaiting() {
  isBusy = true;
  while (waiting.length > 0) {
    const worker = await (starting ??= start());
    const code = waiting.pop();
    if (!worker || !code.isConnected || show(code)) continue; // drawn anew meanwhile, or the same code elsewhere
    const html = await colour(worker, source(code));
    const outdone = beginnings(code);
    results = [{ ...source(code), html }, ...results.filter((each) => !outdone.includes(each))].slice(0, REMEMBERED);
    show(code);
  }
  isBusy = false;
}

/** A worker that has loaded the library; null where it cannot be loaded. */
function start() {
  const worker = new Worker('/highlight-worker.js');
  return new Promise((resolve) => {
    worker.onmessage = () => resolve(worker);
    worker.onerror = () => resolve(null);
  });
}

function colour(worker, job) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      worker.terminate();
      starting = null;
      resolve(undefined);
    }, PATIENCE);
    worker.onmessage = ({ data }) => {
      clearTimeout(timer);
      resolve(data);
    };
    worker.postMessage(job);
  });
}
