
// Filters choose specs. A cell stays lit if one of its specs is chosen; one without specs, if it fits itself.

const filter = { verdicts: new Set(), code: '', resource: '', words: [] };
let haystacks = null;

const filtering = () => filter.verdicts.size > 0 || filter.code !== '' || filter.resource !== '' || filter.words.length > 0;

function setWords(text) {
  filter.words = text.toLowerCase().split(/\s+/).filter(Boolean);
}

const haystack = (spec) => {
  const answers = (spec.exchanges || []).flatMap((e) => e.attempts.map((a) => a.status));
  return [T(spec.id), T(spec.method), T(spec.path), T(spec.resource), T(spec.reason), T(spec.requirement), T(spec.actual), ...(spec.traits || []).map(T), ...answers].join(' ').toLowerCase();
};

const fitsWords = (text) => filter.words.every((word) => text.includes(word));

function specFits(at) {
  const spec = data.specs[at];
  if (filter.verdicts.size > 0 && !filter.verdicts.has(T(spec.verdict))) return false;
  if (filter.code && T(spec.code) !== filter.code) return false;
  if (filter.resource && T(spec.resource) !== filter.resource) return false;
  if (filter.words.length === 0) return true;
  haystacks ||= data.specs.map(haystack);
  return fitsWords(haystacks[at]);
}

function cellFits(cell) {
  return !(filter.verdicts.size > 0 && !filter.verdicts.has(T(cell.verdict))) && !(filter.code && T(cell.class) !== filter.code) &&
    !(filter.resource && T(cell.resource) !== filter.resource) && fitsWords([cellName(cell), T(cell.path), T(cell.method), T(cell.class), T(cell.reason)].join(' ').toLowerCase());
}

// applyFilter dims and hides what is not chosen, and returns what is: specs, and cells without any.
function applyFilter() {
  const active = filtering();
  const found = [];
  const fit = data.specs.map((_, i) => { const fits = !active || specFits(i); if (fits) found.push(i); return fits; });
  let cells = 0;
  const lit = data.cells.map((cell) => { const on = !active || (cell.specs.length > 0 ? cell.specs.some((i) => fit[i]) : cellFits(cell)); if (on) cells++; return on; });
  for (const part of document.querySelectorAll('[data-group]')) {
    let any = false;
    for (const row of part.rows) {
      const marks = [...row.querySelectorAll('[data-c]')];
      if (marks.length === 0) continue;
      let some = false;
      for (const mark of marks) {
        const on = lit[mark.dataset.c];
        mark.classList.toggle('off', !on);
        some ||= on;
      }
      row.hidden = !some;
      any ||= some;
    }
    part.hidden = !any;
    if (part.parentElement.classList.contains('other')) part.parentElement.hidden = !any;
  }
  byId('found').textContent = active ? counted(found.length, 'spec', 'specs') + ' in ' + counted(cells, 'cell', 'cells') : '';
  byId('clear').hidden = !active;
  return { specs: found, cells: data.cells.flatMap((cell, i) => (lit[i] && cell.specs.length === 0 ? [i] : [])) };
}
