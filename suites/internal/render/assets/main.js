
// The address after # says what is filtered and what is open, so that it can be sent to somebody else:
// #verdict=violation&code=401&text=token&spec=401/expired-token/FetchTenant. A fault alone is #fault-abcd2345, which is also the id of
// its card, for a browser without scripts.

const kinds = ['spec', 'cell', 'step', 'list', 'finding', 'fault'];
const faultPrefix = 'fault-';
const state = { kind: '', value: '' };
let found = { specs: [], cells: [] }; // what the filters choose
let opener = null;  // what the focus returns to when the view is closed

const narrow = () => matchMedia('(max-width: 999px)').matches;

function readAddress() {
  const hash = location.hash.slice(1);
  const parameters = new URLSearchParams((hash.startsWith(faultPrefix) ? 'fault=' + hash.slice(faultPrefix.length) : hash).replaceAll('+', '%2B'));
  filter.verdicts = new Set((parameters.get('verdict') || '').split(',').filter((v) => v in initials));
  filter.code = optionOf(byId('code'), parameters.get('code'));
  filter.resource = optionOf(byId('resource'), parameters.get('resource'));
  byId('text').value = parameters.get('text') || '';
  setWords(byId('text').value);
  state.kind = kinds.find((kind) => parameters.has(kind)) || '';
  state.value = state.kind ? parameters.get(state.kind) : '';
}

function optionOf(select, value) {
  select.value = value || '';
  if (select.selectedIndex < 0) select.value = '';
  return select.value;
}

function address() {
  const parts = [];
  const add = (name, value) => { if (value) parts.push(name + '=' + encodeHash(value)); };
  add('verdict', [...filter.verdicts].join(','));
  add('code', filter.code);
  add('resource', filter.resource);
  add('text', byId('text').value.trim());
  if (state.kind === 'fault' && parts.length === 0) return '#' + faultPrefix + encodeHash(state.value);
  add(state.kind, state.value);
  return '#' + parts.join('&');
}

// open shows something else on the right and leaves a step in the history.
function open(kind, value) {
  state.kind = kind;
  state.value = value;
  const next = address();
  if (next !== location.hash) history.pushState(null, '', next === '#' ? location.href.replace(/#.*/, '') : next);
  show();
}

function close() {
  open('', '');
  if (opener && opener.isConnected) opener.focus();
  opener = null;
}

function filterChanged() {
  setWords(byId('text').value);
  filter.code = byId('code').value;
  filter.resource = byId('resource').value;
  state.kind = state.value = '';
  history.replaceState(null, '', address());
  refresh();
}

function refresh() {
  for (const chip of document.querySelectorAll('[data-verdict]')) chip.setAttribute('aria-pressed', filter.verdicts.has(chip.dataset.verdict));
  found = applyFilter();
  show();
}

// show draws what the state says.
function show() {
  const view = currentView();
  const place = byId('view');
  place.replaceChildren(...(view ? [view] : []));
  place.hidden = !view;
  byId('overview').hidden = Boolean(view);
  document.body.classList.toggle('open', Boolean(view) && state.kind !== '');
  byId('detail').scrollTop = 0;
  mark();
  if (view && state.kind && narrow()) view.querySelector('h2').focus();
}

function currentView() {
  switch (state.kind) {
    case 'spec': return specAt.has(state.value) ? specView(specAt.get(state.value)) : unknown('spec');
    case 'cell': return cellAt.has(state.value) ? cellView(cellAt.get(state.value)) : unknown('cell');
    case 'step': return stepAt.has(state.value) ? stepView(stepAt.get(state.value)) : unknown('step');
    case 'finding': return findingAt.has(state.value) ? findingView(findingAt.get(state.value)) : unknown('finding');
    case 'fault': return faultAt.has(state.value) ? findingView(faultAt.get(state.value)) : unknown('fault');
    case 'list': {
      const list = data.lists[Number(state.value || NaN)];
      return list ? listView(T(list.title), list.specs, []) : unknown('list');
    }
  }
  return filtering() ? listView(foundTitle(), gravestFirst(found.specs), found.cells) : null;
}

function foundTitle() {
  const parts = [];
  if (found.specs.length > 0) parts.push(counted(found.specs.length, 'spec', 'specs'));
  if (found.cells.length > 0) parts.push(counted(found.cells.length, 'cell', 'cells') + ' without a spec');
  return parts.join(', ') || 'Nothing fits these filters';
}

const unknown = (kind) => h('article', {}, crumbs([]), h('h2', { class: 'head', tabindex: '-1' }, 'This run has no ' + kind + ' named so'), h('p', {}, h('code', {}, state.value)));

function marked() {
  switch (state.kind) {
    case 'cell': return [cellAt.get(state.value)];
    case 'spec': return cellsOf[specAt.get(state.value)] || [];
    default: return [];
  }
}

// shownFinding is the place of the finding that is open; -1 where none is.
function shownFinding() {
  const at = state.kind === 'fault' ? faultAt.get(state.value) : state.kind === 'finding' ? findingAt.get(state.value) : -1;
  return at === undefined ? -1 : at;
}

// emphasize dims the cells that do not show a finding; none of them where there is no finding at that place.
function emphasize(at) {
  const finding = data.findings[at];
  const cells = finding && new Set(finding.specs.flatMap((spec) => cellsOf[spec]));
  for (const button of document.querySelectorAll('[data-c]')) button.classList.toggle('dim', Boolean(cells) && !cells.has(Number(button.dataset.c)));
}

// mark shows in the matrix which cell is open, and which cells show the fault that is.
function mark() {
  emphasize(shownFinding());
  const lit = shownFinding() >= 0 && !narrow() && document.querySelector('.m:not(.dim):not(.off)');
  if (lit) lit.scrollIntoView({ block: 'nearest' });
  for (const old of document.querySelectorAll('.m[aria-current]')) old.removeAttribute('aria-current');
  const cells = marked();
  for (const at of cells) {
    const button = document.querySelector('.m[data-c="' + at + '"]');
    if (!button) continue;
    button.setAttribute('aria-current', 'true');
    rove(button);
    if (!narrow()) button.scrollIntoView({ block: 'nearest' });
  }
}

// go opens the next spec: of those found, or without a filter of those that failed.
function go(step) {
  const list = gravestFirst(filtering() ? found.specs : data.specs.flatMap((spec, i) => (['violation', 'error'].includes(T(spec.verdict)) ? [i] : [])));
  if (list.length === 0) return;
  let at = state.kind === 'spec' ? list.indexOf(specAt.get(state.value)) : -1;
  if (at < 0) at = step > 0 ? -1 : 0;
  open('spec', T(data.specs[list[(at + step + list.length) % list.length]].id));
}

function fold(shut) {
  byId('fold').setAttribute('aria-pressed', shut);
  for (const part of document.querySelectorAll('[data-group]')) foldGroup(part, shut);
}

function foldGroup(part, shut) {
  part.classList.toggle('shut', shut);
  part.querySelector('.group button').setAttribute('aria-expanded', !shut);
}

// follow opens a link to another view of the page without losing the filters.
function follow(event) {
  const a = event.target.closest('a[href^="#"]');
  if (!a || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const href = a.getAttribute('href').slice(1);
  const [kind, value] = href.startsWith(faultPrefix) ? ['fault', href.slice(faultPrefix.length)] : href.split(/=(.*)/s);
  if (!kinds.includes(kind)) return;
  event.preventDefault();
  opener = opener || a;
  open(kind, decodeURIComponent(value));
}

function wire() {
  byId('matrix').addEventListener('click', (event) => {
    const button = event.target.closest('[data-c]');
    if (button) {
      opener = button;
      open('cell', cellAddress(data.cells[button.dataset.c]));
      return;
    }
    const group = event.target.closest('.group');
    if (group) foldGroup(group.parentElement, group.querySelector('button').getAttribute('aria-expanded') === 'true');
  });
  byId('matrix').addEventListener('mouseover', (event) => {
    const item = event.target.closest('[data-c], .latency');
    if (item && !item.title) item.title = item.getAttribute('aria-label') || item.dataset.tip;
  });
  document.addEventListener('click', follow);
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-copy]');
    if (button) copy(button);
  });
  for (const card of document.querySelectorAll('.finding')) {
    card.addEventListener('mouseenter', () => emphasize(findingAt.get(card.dataset.f)));
    card.addEventListener('mouseleave', () => emphasize(shownFinding()));
  }
  byId('detail').addEventListener('click', (event) => {
    const button = event.target.closest('[data-go], [data-close]');
    if (!button) return;
    if (button.dataset.go) go(Number(button.dataset.go));
    else if (state.kind) close();
    else byId('clear').click();
  });
  for (const chip of document.querySelectorAll('[data-verdict]')) {
    chip.addEventListener('click', () => {
      const verdict = chip.dataset.verdict;
      if (!filter.verdicts.delete(verdict)) filter.verdicts.add(verdict);
      filterChanged();
    });
  }
  let typing = 0;
  byId('text').addEventListener('input', () => { clearTimeout(typing); typing = setTimeout(filterChanged, 120); });
  byId('code').addEventListener('change', filterChanged);
  byId('resource').addEventListener('change', filterChanged);
  byId('clear').addEventListener('click', () => {
    filter.verdicts.clear();
    for (const id of ['text', 'code', 'resource']) byId(id).value = '';
    filterChanged();
  });
  document.querySelector('.filters').addEventListener('submit', (event) => event.preventDefault());
  byId('fold').addEventListener('click', () => fold(byId('fold').getAttribute('aria-pressed') !== 'true'));
  byId('help').addEventListener('click', () => byId('keys').showModal());
  addEventListener('popstate', () => { readAddress(); refresh(); });
  addEventListener('beforeprint', () => {
    fold(false);
    for (const finding of document.querySelectorAll('.finding')) finding.open = true;
  });
  document.addEventListener('keydown', (event) => onKey(event, {
    n: () => go(1),
    p: () => go(-1),
    f: () => byId('fold').click(),
    '/': () => { byId('text').focus(); byId('text').select(); },
    '?': () => byId('keys').showModal(),
    Escape: () => (state.kind ? close() : filtering() && byId('clear').click()),
  }));
  const bar = document.querySelector('.filters');
  const measure = () => document.documentElement.style.setProperty('--bar-height', bar.offsetHeight + 'px');
  new ResizeObserver(measure).observe(bar);
  measure();
  rove(document.querySelector('.m'));
}

unpack().then(() => {
  wire();
  readAddress();
  refresh();
  document.documentElement.dataset.ready = 'true';
  performance.mark('ready');
}).catch((error) => {
  byId('trouble').textContent = 'The details cannot be unpacked here (' + error.message + '): open the page with a browser of 2023 or later.';
  byId('trouble').hidden = false;
});
