// Keeps the page fresh: asks once a second what has changed, and replaces those parts alone.
const EVERY_MS = 1000;
const HIDDEN_MS = 5000;
const LONGEST_MS = 8000;
// For so long after the pointer moved in a part, it waits: whoever is on the way to a button finds it there.
const AIMING_MS = 3000;
// For so long after something has moved, no click counts: it was meant for what was there before.
const SETTLING_MS = 600;
const main = document.querySelector('main[data-live]');
const gone = document.getElementById('gone');
const told = document.getElementById('told');
let version = main.dataset.version;
let failures = 0;
let hand = { on: null, at: -Infinity };
let movedAt = -Infinity;

// Somebody may be typing, or on the way to a button: that part waits until they are done.
const isInUse = (element) =>
  (element.contains(document.activeElement) && document.activeElement.matches('input,select'))
  || (element.contains(hand.on) && performance.now() - hand.at < AIMING_MS);

const layout = () => [main.offsetHeight, ...[...main.querySelectorAll('button')].map((each) => each.id)].join();

function parsed(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Said where nothing is replaced: screen readers follow an element, not its successors.
function tell(element) {
  const now = element?.dataset.told;
  if (told && now && now !== told.textContent) told.textContent = now;
}

function replace(id, html) {
  const old = document.getElementById(id);
  const fresh = parsed(html);
  tell(fresh);
  if (!old) {
    if (id.startsWith('row-')) document.getElementById('rows').append(fresh);
    return true;
  }
  if (isInUse(old)) return false;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  for (const each of [old, ...old.querySelectorAll('details')]) {
    const twin = each.id === fresh.id ? fresh : fresh.querySelector(`#${each.id}`);
    if (each.open && twin) twin.open = true;
  }
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
  const before = layout();
  const done = Object.entries(parts).map(([id, html]) => replace(id, html));
  order(rows);
  if (layout() !== before) movedAt = performance.now();
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

const notice = (event) => { hand = { on: event.target, at: performance.now() }; };
document.addEventListener('pointermove', notice);
document.addEventListener('pointerdown', notice);
// The keyboard acts on what has the focus, which keeps it: only a pointer may miss (`detail` counts its clicks).
document.addEventListener('click', (event) => {
  if (event.detail && performance.now() - movedAt < SETTLING_MS && event.target.closest('button')) event.preventDefault();
}, true);
document.addEventListener('visibilitychange', () => document.hidden || look().catch(() => {}));
tell(document.getElementById('needs'));
setTimeout(keepFresh, EVERY_MS);
