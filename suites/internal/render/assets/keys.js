
// Keys. Of the hundreds of cells one is in the order of Tab; the arrows move from there.

function rove(mark) {
  const before = document.querySelector('.m[tabindex="0"]');
  if (before) before.tabIndex = -1;
  if (mark) mark.tabIndex = 0;
}

const visible = (element) => element.offsetParent !== null;

function move(mark, key) {
  const row = mark.closest('tr');
  const inRow = [...row.querySelectorAll('[data-c]')];
  if (key === 'Home') return inRow[0];
  if (key === 'End') return inRow.at(-1);
  if (key === 'ArrowLeft') return inRow[inRow.indexOf(mark) - 1];
  if (key === 'ArrowRight') return inRow[inRow.indexOf(mark) + 1];
  const column = mark.closest('td').cellIndex;
  const rows = [...document.querySelectorAll('.matrix tbody tr:not(.group)')].filter(visible);
  const step = key === 'ArrowDown' ? 1 : -1;
  for (let i = rows.indexOf(row) + step; i >= 0 && i < rows.length; i += step) {
    const other = rows[i].closest('table') !== row.closest('table');
    const next = other ? rows[i].querySelector('[data-c]') : rows[i].cells[column] && rows[i].cells[column].querySelector('[data-c]');
    if (next) return next;
  }
  return null;
}

const arrows = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End']);

function onKey(event, actions) {
  if (event.ctrlKey || event.metaKey || event.altKey || byId('keys').open) return;
  const target = event.target;
  if (target.matches('input, select, textarea')) {
    if (event.key === 'Escape') target.blur();
    return;
  }
  if (arrows.has(event.key) && target.matches('[data-c]')) {
    const next = move(target, event.key);
    if (next) {
      rove(next);
      next.focus();
    }
    event.preventDefault();
    return;
  }
  const action = actions[event.key];
  if (action) {
    action();
    event.preventDefault();
  }
}
