'use strict';

// What an application does with the answer to a login: it reads the fragment and takes it out of the address, so that
// no token stays in the history.
const answer = [...new URLSearchParams(location.hash.slice(1))];
history.replaceState(null, '', location.pathname + location.search);

const table = document.getElementById('answer');
for (const [name, value] of answer) {
  const row = table.tBodies[0].insertRow();
  const field = document.createElement('th');
  field.scope = 'row';
  field.textContent = name;
  row.append(field);
  const instant = /^(heartbeat_before|session_eol)$/.test(name) && new Date(value * 1000);
  const cell = row.insertCell();
  // It scrolls where it is too long, so who has no mouse must reach it.
  cell.tabIndex = 0;
  cell.textContent = instant ? `${value} (${instant.toLocaleString(document.documentElement.lang)})` : value;
}
table.hidden = answer.length === 0;
document.getElementById('absent').hidden = answer.length !== 0;
