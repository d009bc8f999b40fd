'use strict';

// Swagger UI is dark when this class says so; the system decides, also while the page is open.
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();

// After a login on this page the other calls carry its token.
function useLogin(response) {
  const token = response.ok && response.obj && response.obj.access_token;
  if (token) ui.preauthorizeApiKey('BimPlus', `BimPlus ${token}`);
  return response;
}

// Each operation and each tag is a button already. A link in it would be a second one in the same place, which neither a
// screen reader nor a keyboard can tell from it.
const plainNames = (system) => ({
  components: { DeepLink: ({ text }) => system.React.createElement('span', null, text) },
});

// What clients call stands open. Operations of all others are many, and one press away.
function showClients() {
  for (const tag of ['v2', 'directory']) ui.layoutActions.show(['operations-tag', tag], true);
}

// The URL of openapi.json is relative to the page, so that a proxy may serve it under any path. Nobody else's
// validator is asked, and a token that was typed in is forgotten with the page.
const ui = window.SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  docExpansion: 'none',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  responseInterceptor: useLogin,
  plugins: [plainNames],
  syntaxHighlight: { activated: true, theme: 'nord' },
  onComplete: showClients,
});

// What Swagger UI leaves without a name for who cannot see it, or names otherwise than it reads; and what only a mouse
// could scroll.
const names = {
  'textarea.body-param__text': () => 'Request body',
  'select.examples-select-element': () => 'Example',
  '[data-param-name] select': (field) => field.closest('[data-param-name]').dataset.paramName,
  '.responses-table[role=region]': (table) => `Responses, ${table.id}`,
  '.close-modal': () => 'Close',
};
const docs = document.getElementById('docs');
function repair() {
  for (const [which, name] of Object.entries(names)) {
    for (const element of docs.querySelectorAll(`${which}:not([aria-label])`)) element.setAttribute('aria-label', name(element));
  }
  for (const text of docs.querySelectorAll('pre.microlight:not([tabindex])')) text.tabIndex = 0;
  for (const button of docs.querySelectorAll('button.btn[aria-label]')) button.removeAttribute('aria-label');
}
new MutationObserver(repair).observe(docs, { childList: true, subtree: true });
