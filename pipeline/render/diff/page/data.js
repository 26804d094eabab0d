// What the page is about, read from its data elements.

const head = JSON.parse(one("#head").textContent);
const { hidden } = JSON.parse(one("#end").textContent);
/** Every name by its number, and every number by its name. */
const names = [];
const numbers = new Map();
const codes = head.classes.map((each) => each.code);
const changes = readChanges();
/** The claims that are listed, by id. */
const claims = new Map();
const fingerprints = new Map();
for (const change of changes) {
  if (change.kind === "claim") claims.set(change.id, change);
  fingerprints.set(change.fingerprint, change);
}

/** A name is spelled out where it first stands, and is its number from then on. */
function numberOf(name) {
  if (typeof name === "number") return name;
  numbers.set(name, names.length);
  return names.push(name) - 1;
}

function readChanges() {
  const read = [];
  for (const piece of document.querySelectorAll("script.changes")) {
    for (const row of JSON.parse(piece.textContent)) read.push(changeOf(row, read.length));
    piece.remove();
  }
  return read;
}

function changeOf([sign, kind, id, classes, fingerprint, events, sources, chains, headline, lines], at) {
  events = events.map(numberOf);
  sources = sources.map(numberOf);
  chains = chains.map((chain) => chain.map(numberOf));
  const facets = {
    class: classes.map((code) => codes.indexOf(code)),
    event: events,
    source: sources,
    root: [...new Set(chains.map((chain) => chain.at(-1)))],
    voice: [...new Set(chains.flat())],
  };
  return { at, sign, kind: head.kinds[kind], id, fingerprint, chain: chains[0] ?? [], headline, lines, facets };
}

/** Makes the words of all changes ready while the reader reads. */
function prepareWords(from) {
  const until = performance.now() + 8;
  while (from < changes.length && performance.now() < until) wordsOf(changes[from++]);
  if (from < changes.length) setTimeout(() => prepareWords(from));
}

/** All that a change says, for the search. */
function wordsOf(change) {
  if (change.words === undefined) {
    const { id, fingerprint, headline, facets, lines } = change;
    let words = `${id}\n${fingerprint}\n${headline}`;
    for (const number of facets.class) words += `\n${codes[number]} ${head.classes[number].name}`;
    for (const facet of ["event", "source", "voice"]) {
      for (const number of facets[facet]) words += `\n${names[number]}`;
    }
    for (const [label, ...pieces] of lines) {
      words += `\n${label} `;
      for (const piece of pieces) words += piece.slice(1);
    }
    change.words = words.toLowerCase();
  }
  return change.words;
}
