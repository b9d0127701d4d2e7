
// The views of the right side: a spec, a cell, a step, a list of specs.

function specView(at) {
  const spec = data.specs[at];
  return h('article', { class: 'spec' },
    crumbs(cellsOf[at].map((i) => link('cell', cellAddress(data.cells[i]), 'cell ' + T(data.cells[i].class) + ' ' + cellName(data.cells[i])))),
    h('h2', { tabindex: '-1' }, tag(T(spec.verdict)), ' ', T(spec.id)),
    specBody(at));
}

function cellView(at) {
  const cell = data.cells[at];
  const specs = gravestFirst(cell.specs);
  return h('article', { class: 'cell' },
    crumbs([]),
    h('h2', { tabindex: '-1' }, tag(T(cell.verdict)), ' ', (cell.code || T(cell.class)) + ' ' + cellName(cell)),
    h('p', { class: 'small' }, [T(cell.operation) && T(cell.method) + ' ' + T(cell.path), T(cell.resource),
      T(cell.source) === 'clause' ? 'general table' : 'the operation’s own list', counted(specs.length, 'spec', 'specs')].filter(Boolean).join(' · ')),
    specs.length === 0 && callout(T(cell.verdict), T(cell.reason) || 'no spec addresses this cell'),
    specs.map((i, n) => specItem(i, n === 0)));
}

// specItem is a spec in a list; what it holds is made when it is opened.
function specItem(at, open) {
  const spec = data.specs[at];
  const item = h('details', { class: 'spec' }, h('summary', {}, tag(T(spec.verdict)), h('span', {}, T(spec.id))));
  const fill = () => { if (item.open && item.children.length === 1) item.append(specBody(at)); };
  item.addEventListener('toggle', fill);
  item.open = open;
  fill();
  return item;
}

// A step that was answered otherwise than with success has not failed for that: some only look whether something is gone.
const stepVerdict = (step) => {
  if (step.ok) return 'pass';
  const answered = (step.exchanges || []).some((e) => e.attempts.some((a) => a.status > 0));
  return answered && T(step.phase) !== 'control' ? 'inconclusive' : 'error';
};

function stepView(at) {
  const step = data.steps[at];
  const first = (step.exchanges || [])[0];
  return h('article', { class: 'step' },
    crumbs([T(step.phase)]),
    h('h2', { tabindex: '-1' }, step.ok || stepVerdict(step) === 'error' ? [tag(stepVerdict(step)), ' '] : '', T(step.id)),
    h('p', { class: 'small' }, T(step.operation) || (first && T(first.method) + ' ' + T(first.url))),
    T(step.reason) && callout(stepVerdict(step), T(step.reason)),
    (step.exchanges || []).map((e, i, all) => exchange(e, i, all.length, [])));
}

// findingView shows a fault: the spec that stands for it with its exchange, and behind it all that have it.
function findingView(at) {
  const finding = data.findings[at];
  const view = listView(T(finding.title), finding.specs, []);
  view.querySelector('h2').after(h('p', { class: 'spread' }, T(finding.note)), command(T(finding.replay), 'replay'), specItem(finding.first, true));
  return view;
}

// listView shows specs as lines, so many at a time, and behind them cells that have no specs.
function listView(title, specs, cells) {
  const lines = h('ul', { class: 'results' });
  const view = h('article', {}, crumbs([]), h('h2', { class: 'head', tabindex: '-1' }, title), lines);
  const more = (from) => {
    const to = Math.min(from + 200, specs.length);
    lines.append(...specs.slice(from, to).map((i) => {
      const spec = data.specs[i];
      return h('li', {}, tag(T(spec.verdict)), link('spec', T(spec.id), T(spec.id)), h('span', { class: 'of' }, T(spec.reason)));
    }));
    if (to === specs.length) lines.append(...cells.map(cellLine));
    if (to < specs.length) {
      const button = h('button', { type: 'button', class: 'plain' }, counted(specs.length - to, 'more', 'more'));
      button.addEventListener('click', () => { button.remove(); more(to); });
      view.append(button);
    }
  };
  more(0);
  return view;
}

function cellLine(at) {
  const cell = data.cells[at];
  return h('li', {}, tag(T(cell.verdict)), link('cell', cellAddress(cell), T(cell.class) + ' ' + cellName(cell)), h('span', { class: 'of' }, T(cell.reason) || 'no spec'));
}

function crumbs(parts) {
  return h('nav', { class: 'crumbs', 'aria-label': 'Details' }, parts.map((part) => h('span', {}, part)),
    h('span', { class: 'end' },
      h('button', { type: 'button', class: 'plain', 'data-go': '-1' }, '‹ previous'),
      h('button', { type: 'button', class: 'plain', 'data-go': '1' }, 'next ›'),
      h('button', { type: 'button', class: 'plain', 'data-close': true }, 'close')));
}

const callout = (verdict, text) => h('p', { class: 'callout ' + verdictClass(verdict) }, text);

const pair = (name, ...value) => h('div', {}, h('dt', {}, name), h('dd', {}, ...value));

function specBody(at) {
  const spec = data.specs[at];
  const faults = findingsOf[at].filter((i) => data.findings[i].specs.length > 1);
  const differences = spec.differences || [];
  const requirement = [T(spec.requirement)];
  if (T(spec.link)) requirement.push(' ', h('a', { href: T(spec.link), rel: 'noreferrer' }, 'documentation'));
  const exchanges = spec.exchanges || [];
  return h('div', {},
    T(spec.reason) && callout(T(spec.verdict), T(spec.reason)),
    T(spec.verdict) !== 'pass' && command(data.replay + shellWord(T(spec.id)), 'replay'),
    h('dl', { class: 'pairs' },
      faults.length > 0 && pair('fault', ...faults.map((i) => h('p', {}, findingLink(data.findings[i]), ' ', h('span', { class: 'of' }, T(data.findings[i].note))))),
      pair('required', ...requirement),
      T(spec.rule) && pair('rule', T(spec.rule)),
      pair('basis', basisOf(spec)),
      pair('expected', T(spec.expected) || '–'),
      pair('actual', T(spec.actual) || 'nothing was sent'),
      spec.control >= 0 && pair('control', link('step', T(data.steps[spec.control].id), T(data.steps[spec.control].id)), data.steps[spec.control].ok ? ' succeeded' : ' failed')),
    h('p', { class: 'traits' }, [T(spec.method) + ' ' + T(spec.path), T(spec.resource), ...(spec.traits || []).map(T), spec.seconds.toFixed(spec.seconds < 10 ? 2 : 0) + ' s']
      .filter(Boolean).map((text) => h('span', {}, text))),
    differences.length > 0 && differenceTable(differences),
    (spec.advice || []).map((text) => h('p', { class: 'small' }, 'Advice: ' + T(text))),
    exchanges.map((e, i) => exchange(e, i, exchanges.length, relevant(differences, i, exchanges.length))));
}

// findingLink leads to a fault by its id, which is the same in every run, and to anything else by its name.
const findingLink = (finding) => (T(finding.id).startsWith('violation/')
  ? h('a', { href: '#fault-' + encodeHash(T(finding.faults[0])) }, T(finding.title)) : link('finding', T(finding.id), T(finding.title)));

// shellWord quotes what a shell would read otherwise.
const shellWord = (text) => (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'");

const basisOf = (spec) => {
  const source = T(spec.source) === 'reference' ? 'listed for this operation' : 'the general table';
  return source + '; rejection ' + T(spec.rejection) + ', code ' + T(spec.basis);
};

// relevant picks the differences that speak of an exchange: the first is the spec's own request, the last one looked whether the
// request took effect all the same.
function relevant(differences, at, count) {
  return differences.filter((d) => (T(d.rule) === 'unchanged' && count > 1 ? at === count - 1 : at === 0));
}

function differenceTable(differences) {
  return h('table', { class: 'differences' },
    h('caption', {}, counted(differences.length, 'difference', 'differences')),
    h('thead', {}, h('tr', {}, ['where', 'rule', 'found', 'why it differs'].map((name) => h('th', { scope: 'col' }, name)))),
    h('tbody', {}, differences.map((d) => h('tr', {}, h('td', { class: 'path' }, T(d.path)), h('td', {}, T(d.rule)), h('td', { class: 'found' }, T(d.found)), h('td', {}, T(d.detail))))));
}

function exchange(e, at, count, differences) {
  const first = e.attempts.length > 0 ? e.attempts[0].start : 0;
  return h('section', { class: 'exchange' },
    h('h3', {}, count > 1 && h('span', { class: 'of' }, (at + 1) + ' of ' + count), T(e.method) + ' ' + T(e.url), e.transient && h('span', { class: 'of' }, 'went away after a repeat')),
    T(e.curl) && [h('p', { class: 'small' }, 'single request, while the objects exist'), command(T(e.curl), 'curl')],
    headers(e.headers, []),
    body(e.body, [], 'request body'),
    e.attempts.length === 0 && h('p', { class: 'small' }, 'no attempt was made'),
    e.attempts.map((a, i) => attempt(a, i, e.attempts.length, first, i === e.attempts.length - 1 ? differences : [])));
}

function attempt(a, at, count, first, differences) {
  const is = (name) => differences.some((d) => T(d.path) === name);
  const status = a.status ? a.status + ' ' + (data.statuses[a.status] || '') : 'no answer';
  const time = new Date(a.start).toISOString().slice(11, 23);
  return [
    h('h4', {},
      h('span', { class: is('status') ? 'status marked' : 'status' }, status.trim()),
      h('span', { class: 'of' }, [count > 1 && 'attempt ' + (at + 1) + ' of ' + count, T(a.proto), (a.ms === 0 ? '<1' : a.ms.toLocaleString('en')) + ' ms', 'at ' + time + ' UTC',
        at > 0 && '+' + ((a.start - first) / 1000).toFixed(2) + ' s'].filter(Boolean).join(' · '))),
    T(a.error) && h('p', { class: 'small bad' }, T(a.error)),
    headers(a.headers, differences),
    body(a.body, differences, 'response body'),
    !a.body && a.status > 0 && h('p', { class: 'small' }, 'no body')];
}

function headers(list, differences) {
  const marked = new Set(differences.map((d) => T(d.path)).filter((path) => path.startsWith('header ')).map((path) => path.slice(7).toLowerCase()));
  const rows = (list || []).map(([name, value]) => h('tr', { class: marked.delete(T(name).toLowerCase()) ? 'marked' : null }, h('th', { scope: 'row' }, T(name)), h('td', {}, T(value))));
  for (const name of marked) rows.push(h('tr', { class: 'marked' }, h('th', { scope: 'row' }, name), h('td', {}, 'is missing')));
  return rows.length > 0 && h('table', { class: 'headers' }, h('tbody', {}, rows));
}

function body(b, differences, name) {
  if (!b) return null;
  const text = T(b.text);
  const lines = b.base64 ? null : layOut(text, b.cut);
  const whole = differences.some((d) => T(d.path) === 'body');
  return [
    h('pre', { class: 'body', tabindex: '0', role: 'region', 'aria-label': name }, lines ? showJSON(lines, differences) : whole ? h('span', { class: 'hit' }, text) : text),
    (b.base64 || b.cut || b.decoded) && h('p', { class: 'small' }, [b.base64 && 'no text, so in base64', b.decoded && 'decoded from ' + b.decoded, b.cut && 'cut; the whole body has ' + counted(b.size, 'byte', 'bytes')].filter(Boolean).join('; '))];
}
