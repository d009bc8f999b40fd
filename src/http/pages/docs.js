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

// The URL of openapi.json is relative to the page, so that a proxy may serve it under any path. Nobody else's
// validator is asked, and a token that was typed in is forgotten with the page.
const ui = window.SwaggerUIBundle({
  url: 'openapi.json',
  domNode: document.getElementById('docs'),
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 3,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  responseInterceptor: useLogin,
  syntaxHighlight: { activated: true, theme: 'nord' },
});
