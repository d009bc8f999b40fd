'use strict';

// Asks the browser for a new passkey, or a person's passkeys for their answer, and puts it into the form. Where this
// does not run, or the browser knows no passkeys, the forms take a code.

const toBytes = (text) => {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
};
const toText = (buffer) => {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
};

async function make({ challenge, host, user, email }, known) {
  const publicKey = {
    challenge: toBytes(challenge),
    rp: { id: host, name: host },
    user: { id: toBytes(user), name: email, displayName: email },
    // ES256, EdDSA, RS256.
    pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
    excludeCredentials: known,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    attestation: 'none',
  };
  const { response } = await navigator.credentials.create({ publicKey });
  return [response.clientDataJSON, response.attestationObject];
}

async function use({ challenge, host }, known) {
  const publicKey = {
    challenge: toBytes(challenge),
    rpId: host,
    allowCredentials: known,
    userVerification: 'preferred',
  };
  const { rawId, response } = await navigator.credentials.get({ publicKey });
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  return [rawId, clientDataJSON, authenticatorData, signature, userHandle ?? new ArrayBuffer(0)];
}

function prepare(form) {
  const { passkey, code } = form.elements;
  const failed = document.getElementById('passkey-failed');
  const known = form.dataset.keys.split(' ').filter(Boolean).map((id) => ({ type: 'public-key', id: toBytes(id) }));
  let asking = false;

  async function answer(ask, button) {
    if (asking) return;
    asking = true;
    failed.hidden = true;
    try {
      passkey.value = (await ask(form.dataset, known)).map(toText).join('.');
      form.noValidate = true;
      form.requestSubmit(button);
    } catch {
      failed.hidden = false;
    }
    asking = false;
  }

  // A page that comes back from the browser's memory has an answer that was used.
  window.addEventListener('pageshow', () => { passkey.value = ''; });

  const button = document.getElementById('use-passkey');
  if (button) {
    button.hidden = false;
    button.addEventListener('click', () => answer(use));
    if (!document.activeElement || document.activeElement === document.body) button.focus();
    return;
  }
  if (code) code.required = false;
  const hint = document.getElementById('or-passkey');
  if (hint) hint.hidden = false;
  form.addEventListener('submit', (event) => {
    if (passkey.value || code?.value.trim()) return;
    event.preventDefault();
    answer(code ? use : make, event.submitter);
  });
}

const form = document.querySelector('form[data-challenge]');
if (form && window.PublicKeyCredential) prepare(form);
