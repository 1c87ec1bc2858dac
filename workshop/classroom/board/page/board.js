// Keeps the page fresh: asks once a second what has changed, and replaces those parts alone.
const EVERY_MS = 1000;
const HIDDEN_MS = 5000;
const LONGEST_MS = 8000;
const main = document.querySelector('main[data-live]');
const gone = document.getElementById('gone');
let version = main.dataset.version;
let failures = 0;

// Somebody may be typing, or have opened something: that part waits until they are done.
const isInUse = (element) => element.contains(document.activeElement) && document.activeElement.matches('input,select');

function parsed(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function replace(id, html) {
  const old = document.getElementById(id);
  const fresh = parsed(html);
  if (!old) {
    if (id.startsWith('row-')) document.getElementById('rows').append(fresh);
    return true;
  }
  if (isInUse(old)) return false;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  const opened = (element) => [element, ...element.querySelectorAll('details')];
  opened(old).forEach((each, place) => { if (each.open && opened(fresh)[place]) opened(fresh)[place].open = true; });
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus();
  return true;
}

function order(ids) {
  const rows = document.getElementById('rows');
  for (const row of [...rows.children]) if (!ids.includes(row.id)) row.remove();
  ids.forEach((id, place) => {
    const row = document.getElementById(id);
    if (row && rows.children[place] !== row) rows.insertBefore(row, rows.children[place] ?? null);
  });
}

async function look() {
  const answer = await fetch(`${main.dataset.live}?since=${encodeURIComponent(version)}`, { cache: 'no-store' });
  if (answer.status === 403) location.reload();
  if (!answer.ok) throw new Error(String(answer.status));
  const { version: now, parts, rows } = await answer.json();
  const done = Object.entries(parts).map(([id, html]) => replace(id, html));
  order(rows);
  if (done.every(Boolean)) version = now;
}

async function keepFresh() {
  try {
    await look();
    failures = 0;
    gone.textContent = '';
  } catch {
    failures += 1;
    if (failures > 1) gone.textContent = 'The board does not answer, so this page may be old. It tries again by itself.';
  }
  const wait = document.hidden ? HIDDEN_MS : Math.min(EVERY_MS * 2 ** Math.max(0, failures - 2), LONGEST_MS);
  setTimeout(keepFresh, wait);
}

document.addEventListener('visibilitychange', () => document.hidden || look().catch(() => {}));
setTimeout(keepFresh, EVERY_MS);
