// Colours code for highlight.js. Says that it is ready, then answers each piece with its HTML, an unknown language with nothing.
importScripts('/webjars/highlightjs/11.11.1/highlight.min.js');

addEventListener('message', ({ data: { language, text } }) => {
  postMessage(hljs.getLanguage(language) ? hljs.highlight(text, { language, ignoreIllegals: true }).value : undefined);
});

postMessage('ready');
