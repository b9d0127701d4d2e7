'use strict';

// Everything that the page shows of the target goes through these functions, which make text and never markup.

const byId = (id) => document.getElementById(id);

// h makes an element. Properties are set as attributes, but for handlers; children are elements or texts.
function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === 'function') element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false && child !== ''));
  return element;
}

const initials = { pass: 'p', violation: 'v', waived: 'w', known: 'k', inconclusive: 'i', error: 'e' };
const verdictClass = (verdict) => 'v-' + (initials[verdict] || 'i');
const tag = (verdict) => h('span', { class: 'tag ' + verdictClass(verdict), title: verdict }, (verdict[0] || '?').toUpperCase());
const counted = (n, one, many) => n.toLocaleString('en') + ' ' + (n === 1 ? one : many);

// link leads to another view of this page.
const link = (kind, value, text, properties) => h('a', { href: '#' + kind + '=' + encodeHash(value), ...properties }, text);

// encodeHash writes a value for the address, with its slashes as they are.
const encodeHash = (value) => encodeURIComponent(value).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%2C', ',');

// command shows a line for a shell, with a button that copies it.
const command = (text, name) => h('div', { class: 'curl' },
  h('pre', { tabindex: '0', 'aria-label': name }, text), h('button', { type: 'button', class: 'copy', 'data-copy': true }, 'copy'));

// copy copies the text before a button. Where the browser does not let a file write to the clipboard, the text is selected and copied in
// the old way.
async function copy(button) {
  const source = button.previousElementSibling;
  let done = true;
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    getSelection().selectAllChildren(source);
    done = document.execCommand('copy');
  }
  button.textContent = done ? 'copied' : 'press Ctrl+C';
  setTimeout(() => { button.textContent = 'copy'; }, 1500);
}
