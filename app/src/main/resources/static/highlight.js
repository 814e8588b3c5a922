// Colours for code. The library is a classic script of 125 kB, so it comes when the first code does.

const LIBRARY = '/webjars/highlightjs/11.11.1/highlight.min.js';
const MOST = 60_000; // characters; longer code stays plain
const MOST_GROWING = 3_000; // it is coloured anew with every frame

let library = null;

function load() {
  library ??= new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement('script'), { src: LIBRARY });
    script.onload = () => resolve(globalThis.hljs);
    script.onerror = () => reject(new Error(`${LIBRARY} could not be loaded`));
    document.head.append(script);
  });
  return library;
}

/** Colours a code element by the language that its block names; unknown languages stay plain. */
export async function highlight(code, growing = false) {
  const { language } = code.closest('[data-language]').dataset;
  if (code.textContent.length > (growing ? MOST_GROWING : MOST)) return;
  const hljs = await load().catch(() => null);
  if (!hljs?.getLanguage(language)) return;
  // highlight.js escapes what it is given; its output is spans with classes.
  code.innerHTML = hljs.highlight(code.textContent, { language, ignoreIllegals: true }).value;
}
