// The page at /graphiql. scripts/build-graphiql.mjs bundles it; nothing is loaded from another host.
import 'graphiql/style.css';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { defaultQuery } from './defaultQuery.mjs';
import { deviceQuery } from './deviceQuery.mjs';

// The editor works in three workers of its own; they stand beside the page's script.
const base = new URL('.', document.currentScript?.src ?? window.location.href);
const workers = { json: 'json.worker.js', graphql: 'graphql.worker.js' };
globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(workers[label] ?? 'editor.worker.js', base)),
};

const endpoint = new URL('../graphql', base);

/** The headers of the editor, without an Authorization that has no token yet: a bad one would refuse everything. */
const written = (headers) =>
  Object.fromEntries(Object.entries(headers ?? {}).filter(([, value]) => String(value).trim() !== 'Bearer'));

/** Sends an operation to the gateway that served this page. */
async function fetcher(parameters, options) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...written(options?.headers) },
    body: JSON.stringify(parameters),
  });
  return response.json();
}

// Whoever comes from a device login's address finds what is to be done there.
const userCode = new URLSearchParams(window.location.search).get('userCode');
const credentials = { username: '', password: '', code: '' };

createRoot(document.getElementById('graphiql')).render(
  createElement(GraphiQL, {
    fetcher,
    defaultQuery: userCode === null ? defaultQuery : deviceQuery,
    initialVariables: JSON.stringify(userCode === null ? credentials : { ...credentials, userCode }, null, 2),
    defaultHeaders: '{\n  "authorization": "Bearer "\n}',
    defaultEditorToolsVisibility: 'variables',
    // A password or token written down in the browser would outlive the page, so nothing is: no tabs, no history.
    storage: null,
    shouldPersistHeaders: false,
    showPersistHeadersSettings: false,
  }),
);
