'use strict';

const bimgate = document.querySelector('meta[name=bimgate]').content;
const api = `${bimgate}/directory/api/directorysession`;
const [heading, note, logIn, logOut] = ['h1', '#note', '#log-in', '#log-out'].map((it) => document.querySelector(it));

// Lives in memory alone: after a reload the person logs in again, without a password while the browser is signed on.
let bearer;
let nextHeartbeat;

function show(title, text, isLoggedIn) {
  heading.textContent = title;
  note.textContent = text;
  logIn.hidden = isLoggedIn;
  logOut.hidden = !isLoggedIn;
}

// Sends the browser to bimgate. `appdata` comes back with the answer.
function begin() {
  const appdata = crypto.randomUUID();
  sessionStorage.setItem('appdata', appdata);
  const redirecturl = location.origin + location.pathname;
  location.assign(`${api}/authenticate?${new URLSearchParams({ claims: 'access:client', redirecturl, appdata })}`);
}

// The answer, in the fragment. It leaves the address at once, so that no bearer stays in the history. One that this tab
// did not ask for is dropped: somebody may have sent a link that logs the person in as somebody else.
function takeAnswer() {
  const answer = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
  const appdata = sessionStorage.getItem('appdata');
  sessionStorage.removeItem('appdata');
  return appdata !== null && answer.get('appdata') === appdata ? answer : new URLSearchParams();
}

async function call(path) {
  const reply = await fetch(`${api}/${path}`, { method: 'POST', headers: { 'x-infinite-bearer': bearer } });
  const body = await reply.json();
  if (!reply.ok) throw new Error(body.message);
  return body;
}

// Renews the bearers, and comes back when half of the time until `heartbeat_before` is over.
async function heartbeat() {
  const session = await call('heartbeat');
  bearer = session.directory_access_token;
  const left = session.heartbeat_before * 1000 - Date.now();
  nextHeartbeat = setTimeout(() => heartbeat().catch(ended), Math.max(left / 2, 1000));
  return session;
}

async function enter() {
  const session = await heartbeat();
  const headers = { Authorization: `Bearer ${session.http_access_token}` };
  const me = await (await fetch('/me', { headers })).json();
  show(`Hello ${session.displayname}`, `The back end knows you as ${me.user}.`, true);
}

function ended(error) {
  clearTimeout(nextHeartbeat);
  bearer = undefined;
  show('Nobody is logged in', error?.message ?? '', false);
}

logIn.addEventListener('click', begin);
logOut.addEventListener('click', () => call('close?forceuserconsentonnextlogin=false').then(() => ended(), ended));

const answer = takeAnswer();
bearer = answer.get('directory_access_token') ?? undefined;
if (bearer) enter().catch(ended);
else ended(answer.has('error') ? new Error(answer.get('error_description') ?? answer.get('error')) : undefined);
