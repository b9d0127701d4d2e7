
// Bodies are shown as they came, only laid out: numbers keep their digits and keys that stand there twice stay both.

const jsonToken = /\s+|("[^"\\]*(?:\\.[^"\\]*)*")|([{}[\],:])|(-?\d[\d.eE+-]*)|(true|false|null)/y;

// layOut returns the lines of a JSON text, each with the path of the value that begins on it; null if it is no JSON. A text that was cut
// is laid out as far as it goes.
function layOut(text, cut) {
  const lines = [];
  const stack = [];
  let line;
  const begin = () => { line = { depth: stack.length, parts: [], path: '' }; lines.push(line); };
  const value = () => {
    const top = stack.at(-1);
    let path = '$';
    // Paths that deep are in no difference, and would take long to write.
    if (top) path = stack.length > 64 ? '' : top.path + (top.array ? '[' + top.index + ']' : keyStep(top.key));
    if (line.path === '') line.path = path;
    return path;
  };
  begin();
  jsonToken.lastIndex = 0;
  while (jsonToken.lastIndex < text.length) {
    const start = jsonToken.lastIndex;
    const match = jsonToken.exec(text);
    if (!match) {
      if (!cut) return null;
      line.parts.push(['', text.slice(start)]);
      return lines;
    }
    const [token, string, sign, number, literal] = match;
    const top = stack.at(-1);
    if (string !== undefined) {
      if (top && !top.array && top.wantsKey) {
        top.key = unquote(string);
        top.wantsKey = false;
        line.parts.push(['key', string]);
      } else {
        value();
        line.parts.push(['str', string]);
      }
    } else if (number !== undefined || literal !== undefined) {
      value();
      line.parts.push([number !== undefined ? 'num' : 'lit', token]);
    } else if (sign === '{' || sign === '[') {
      const path = value();
      line.parts.push(['', sign]);
      const rest = /\s*([}\]])?/y;
      rest.lastIndex = jsonToken.lastIndex;
      if (rest.exec(text)[1] === (sign === '{' ? '}' : ']')) {
        line.parts.push(['', sign === '{' ? '}' : ']']);
        jsonToken.lastIndex = rest.lastIndex;
      } else {
        stack.push({ array: sign === '[', index: 0, key: '', wantsKey: true, path });
        begin();
      }
    } else if (sign === '}' || sign === ']') {
      if (!top || top.array !== (sign === ']')) return null;
      stack.pop();
      begin();
      line.parts.push(['', sign]);
      line.path = null; // a closing bracket begins no value
    } else if (sign === ',') {
      if (!top) return null;
      top.index++;
      top.wantsKey = true;
      line.parts.push(['', ',']);
      begin();
    } else if (sign === ':') {
      line.parts.push(['', ': ']);
    }
  }
  return stack.length === 0 || cut ? lines : null;
}

function unquote(string) {
  try {
    return JSON.parse(string);
  } catch {
    return string.slice(1, -1);
  }
}

// keyStep writes a key as the paths of differences have it.
function keyStep(key) {
  if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(key)) return '.' + key;
  const letters = [...key];
  return '[' + JSON.stringify(letters.length > 120 ? letters.slice(0, 119).join('') + '…' : key) + ']';
}

const lastStep = /(\.[A-Za-z_][A-Za-z0-9_-]*|\[(?:\d+|"(?:[^"\\]|\\.)*")\])$/;

// showJSON marks the lines where differences are. What is missing is marked where it should have been.
function showJSON(lines, differences) {
  const marks = new Map();
  const mark = (path, hint) => marks.set(path, [...(marks.get(path) || []), hint]);
  for (const d of differences) {
    const path = T(d.path);
    if (!path.startsWith('$')) continue;
    if (T(d.rule) === 'required') mark(path.replace(lastStep, '') || '$', (path.match(lastStep) || [path])[0].replace(/^\./, '') + ' is missing');
    else mark(path, T(d.detail) || T(d.rule));
  }
  return lines.map((line) => {
    const hints = marks.get(line.path);
    const indent = '  '.repeat(Math.min(line.depth, 40));
    const parts = line.parts.map(([kind, text]) => (kind ? h('span', { class: kind }, text) : text));
    if (!hints) return [indent, parts, '\n'];
    return [h('span', { class: 'hit' }, indent, parts, h('span', { class: 'hint' }, '  ◂ ' + hints.join('; '))), '\n'];
  });
}
