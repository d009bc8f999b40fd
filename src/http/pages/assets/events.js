'use strict';

// Puts events into the page as they happen, each as the row that the server made of it. Where this does not run, the
// page shows what happened until it was loaded.

// How many rows the page keeps.
const MOST = 200;

function follow(box) {
  const table = document.getElementById('events');
  const rows = table.tBodies[0];
  const status = box.querySelector('[role=status]');
  const button = box.querySelector('button');
  const texts = box.dataset;
  let source = null;

  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  const insert = (id, html) => {
    const known = [...rows.children];
    if (known.some((row) => row.dataset.id === id)) return;
    const holder = document.createElement('template');
    holder.innerHTML = html;
    const row = holder.content.firstElementChild;
    row.classList.add('fresh');
    // The newest stands first; ids sort as events do.
    rows.insertBefore(row, known.find((other) => other.dataset.id < id) ?? null);
    while (rows.children.length > MOST) rows.lastElementChild.remove();
    table.hidden = false;
    document.getElementById('none')?.remove();
  };

  const begin = () => {
    source = new EventSource(texts.from);
    source.addEventListener('open', () => say(texts.on));
    source.addEventListener('message', ({ data, lastEventId }) => insert(lastEventId, data));
    source.addEventListener('error', () => {
      // Otherwise the browser comes back by itself.
      if (source.readyState !== EventSource.CLOSED) return;
      say(texts.over);
      button.hidden = true;
    });
    button.textContent = texts.pause;
  };

  button.addEventListener('click', () => {
    if (source) {
      source.close();
      source = null;
      say(texts.paused);
      button.textContent = texts.goOn;
    } else {
      begin();
    }
  });
  box.hidden = false;
  begin();
}

const box = document.getElementById('live');
if (box && window.EventSource) follow(box);
