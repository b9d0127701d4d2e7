
// The page's data: what it shows only on demand, compressed, with every text once.

const data = { texts: [], statuses: {}, cells: [], specs: [], steps: [], lists: [], findings: [], replay: '' };
const specAt = new Map(); // by id
const cellAt = new Map(); // by address
const stepAt = new Map(); // by id
const findingAt = new Map(); // by id
const faultAt = new Map();   // finding, by the id of a fault
const cellsOf = [];       // of a spec
const findingsOf = [];    // of a spec

const T = (ref) => data.texts[ref] || '';

async function unpack() {
  const packed = atob(byId('data').textContent.trim().replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i); // Uint8Array.from takes ten times as long
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  Object.assign(data, JSON.parse(await new Response(stream).text()));
  data.specs.forEach((spec, i) => { specAt.set(T(spec.id), i); cellsOf.push([]); findingsOf.push([]); });
  data.steps.forEach((step, i) => stepAt.set(T(step.id), i));
  data.findings.forEach((finding, i) => {
    findingAt.set(T(finding.id), i);
    for (const fault of finding.faults || []) if (!faultAt.has(T(fault))) faultAt.set(T(fault), i);
    for (const spec of finding.specs) findingsOf[spec].push(i);
  });
  data.cells.forEach((cell, i) => {
    cellAt.set(cellAddress(cell), i);
    for (const spec of cell.specs) cellsOf[spec].push(i);
  });
}

const cellAddress = (cell) => [T(cell.class), cell.code, T(cell.source), T(cell.subject)].join('/');

const cellName = (cell) => T(cell.operation) || (T(cell.path) ? (T(cell.method) + ' ' + T(cell.path)).trim() : T(cell.subject));

// gravest first: the order in which a reader wants specs.
const weights = { violation: 0, error: 1, waived: 2, known: 3, inconclusive: 4, pass: 5 };
const gravestFirst = (specs) => specs.toSorted((a, b) => weights[T(data.specs[a].verdict)] - weights[T(data.specs[b].verdict)] || a - b);
