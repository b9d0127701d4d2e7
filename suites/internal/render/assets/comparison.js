'use strict';

// Without this script the page shows everything; with it, it shows what is looked for, and opens what a link leads to.

const byId = (id) => document.getElementById(id);
const subjects = [...document.querySelectorAll('.subject')];

function filter() {
  const code = byId('code').value;
  const words = byId('text').value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const subject of subjects) {
    const text = subject.textContent.toLowerCase();
    subject.hidden = Boolean(code && !subject.dataset.codes.split(' ').includes(code)) || !words.every((word) => text.includes(word));
    if (!subject.hidden) shown++;
  }
  byId('found').textContent = code || words.length > 0 ? shown + ' of ' + subjects.length : '';
}

function reveal() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* as it is */ }
  const row = id && byId(id);
  if (!row || !row.closest('.subject')) return;
  row.closest('.subject').hidden = false;
  row.closest('.subject').open = true;
  row.scrollIntoView({ block: 'center' });
}

if (byId('text')) {
  document.querySelector('.filters').hidden = false;
  document.querySelector('.filters').addEventListener('submit', (event) => event.preventDefault());
  byId('code').addEventListener('change', filter);
  byId('text').addEventListener('input', filter);
}
addEventListener('hashchange', reveal);
reveal();
