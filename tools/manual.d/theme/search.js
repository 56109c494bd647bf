// The manual's search. The index is a script, loaded when somebody begins to search: a page that was opened from a
// file may load a script beside it, and nothing else.
'use strict';
(() => {
  const base = document.currentScript.dataset.base;
  const form = document.querySelector('form[role=search]');
  const field = form.querySelector('input');
  const list = form.querySelector('ol');
  form.hidden = false;

  const load = () => {
    if (document.getElementById('index')) return;
    const script = document.createElement('script');
    script.id = 'index';
    script.src = base + '/index.js';
    script.onload = show;
    document.head.append(script);
  };

  // A word in a heading counts more than one in the text; every word must stand somewhere.
  const score = ([, title, heading, text], words) => {
    let sum = 0;
    for (const word of words) {
      const points = (title.toLowerCase().includes(word) ? 4 : 0) + (heading.toLowerCase().includes(word) ? 6 : 0) +
        Math.min(3, text.toLowerCase().split(word).length - 1);
      if (points === 0) return 0;
      sum += points;
    }
    return sum;
  };

  const entry = ([url, title, heading, text], words) => {
    const item = document.createElement('li');
    const link = document.createElement('a');
    const about = document.createElement('small');
    link.href = base + '/' + url;
    link.textContent = heading ? title + ': ' + heading : title;
    const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40);
    about.textContent = (at ? '... ' : '') + text.slice(at, at + 140);
    item.append(link, about);
    return item;
  };

  function show() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length === 0 ? [] : (window.magwatchManual || [])
      .map((row) => [score(row, words), row])
      .filter(([points]) => points > 0)
      .sort((a, b) => b[0] - a[0])
      .slice(0, 12);
    list.replaceChildren(...found.map(([, row]) => entry(row, words)));
    if (words.length > 0 && found.length === 0 && window.magwatchManual) {
      const none = document.createElement('li');
      none.textContent = 'Nothing found.';
      list.append(none);
    }
  }

  field.addEventListener('focus', load);
  field.addEventListener('input', () => { load(); show(); });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    field.value = '';
    show();
  });
  list.addEventListener('click', () => { list.replaceChildren(); });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const first = list.querySelector('a');
    if (first) location.href = first.href;
  });
})();
