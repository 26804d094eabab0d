// What is found: the filters beside the list, and how many changes each choice would leave.

/** Choices in one filter: the most frequent ones. What else there is can be reached from the changes themselves. */
const CHOICES = 1000;

let { wanted, fingerprint: target } = readAddress();
let found = changes;
const form = one(".filters form");

/** Finds what is wanted, and counts for each choice how many changes it would leave. */
function sift() {
  const sets = FACETS.map((facet) => wantedNumbers(facet));
  const words = wanted.words.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const counts = FACETS.map((facet) => new Uint32Array(facet === "class" ? codes.length : names.length));
  found = [];
  for (const change of changes) {
    // The filters that the change does not pass, a bit each.
    let failed = words.length > 0 && !words.every((word) => wordsOf(change).includes(word)) ? 1 << FACETS.length : 0;
    for (let i = 0; i < FACETS.length; i++) {
      if (sets[i] !== undefined && !change.facets[FACETS[i]].some((number) => sets[i].has(number))) failed |= 1 << i;
    }
    if (failed === 0) found.push(change);
    for (let i = 0; i < FACETS.length; i++) {
      if ((failed & ~(1 << i)) === 0) for (const number of change.facets[FACETS[i]]) counts[i][number]++;
    }
  }
  return counts;
}

function wantedNumbers(facet) {
  const values = [wanted[facet]].flat().filter((value) => value !== "");
  if (values.length === 0) return undefined;
  return new Set(values.map((value) => (facet === "class" ? codes.indexOf(value) : (numbers.get(value) ?? -1))));
}

let choosing;

function drawFilters(counts) {
  // Long lists of choices may follow what was found.
  clearTimeout(choosing);
  choosing = setTimeout(() => FACETS.slice(1).forEach((facet, i) => drawChoices(facet, counts[i + 1])));
  for (const label of one(".codes").children) {
    const box = label.firstChild;
    const count = counts[0][codes.indexOf(box.value)];
    box.checked = wanted.class.includes(box.value);
    label.lastChild.textContent = grouped(count);
    label.classList.toggle("none", count === 0);
  }
  if (form.words.value.trim() !== wanted.words) form.words.value = wanted.words;
  const set = Object.values(wanted).filter((value) => value.length > 0).length;
  one(".set").textContent = set === 0 ? "" : `(${set} set)`;
  one(".reset").hidden = set === 0;
}

/** The choices of one filter with how many changes each leaves, by name. */
function drawChoices(facet, counts) {
  const select = form[facet];
  let left = names.map((_, number) => number).filter((number) => counts[number] > 0);
  const total = left.length;
  if (total > CHOICES) left = left.sort((a, b) => counts[b] - counts[a]).slice(0, CHOICES);
  const chosen = numbers.get(wanted[facet]);
  if (chosen !== undefined && !left.includes(chosen)) left.push(chosen);
  left.sort((a, b) => (names[a] < names[b] ? -1 : 1));
  const options = left.map((number) =>
    element("option", { value: names[number] }, `${names[number]} (${grouped(counts[number])})`));
  const any = total > CHOICES ? `any (${grouped(CHOICES)} of ${grouped(total)} listed)` : `any (${grouped(total)})`;
  select.replaceChildren(element("option", { value: "" }, any), ...options);
  select.value = chosen === undefined ? "" : wanted[facet];
  select.disabled = total === 0 && chosen === undefined;
}

function startFilters() {
  const boxes = head.classes.map((each) =>
    element("label", { title: each.title }, element("input", { type: "checkbox", name: "class", value: each.code }),
      element("span", {}, element("b", {}, each.code), ` ${each.name}`), element("span", { class: "number" })));
  one(".codes").append(...boxes);
  let waiting;
  form.addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => follow(event.target === form.words), event.target === form.words ? 150 : 0);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    follow(true);
  });
  one(".reset").addEventListener("click", () => {
    history.pushState(null, "", "#");
    arrive(false);
    form.words.focus();
  });
  // Where there is room, the filters stand open beside the list.
  const room = matchMedia("(min-width: 60rem)");
  const open = () => (one(".filters").open = room.matches);
  room.addEventListener("change", open);
  open();
}

/** Goes where the filters say; letters that are typed leave no trail to go back through. */
function follow(isTyped) {
  const asked = nothing();
  for (const facet of FACETS.slice(1)) asked[facet] = form[facet].value;
  asked.class = [...form.querySelectorAll("input[name=class]:checked")].map((box) => box.value);
  asked.words = form.words.value.trim();
  const next = address(asked);
  if (next === address(wanted, target)) return;
  history[isTyped ? "replaceState" : "pushState"](null, "", next);
  arrive(false);
}

/** Shows what the address says; a reader who followed a link to a filter is taken to the list. */
function arrive(isFollowed) {
  if (location.hash === "#changes") return;
  ({ wanted, fingerprint: target } = readAddress());
  drawFilters(sift());
  drawCount();
  const change = fingerprints.get(target);
  const at = change === undefined ? -1 : found.indexOf(change);
  openStretch(Math.max(0, Math.floor(at / STRETCH)));
  if (at >= 0) reveal(at - start);
  else showList(isFollowed ? innerHeight / 2 : Infinity);
}

/** The list begins where the reader looks: if it began above the window, or further down than so many pixels. */
function showList(furthest) {
  const top = one(".review").getBoundingClientRect().top;
  if (top < 0 || top > furthest) scrollBy(0, top);
}

function drawCount() {
  const all = counted(changes.length, "change");
  const parts = [found.length === changes.length ? all : `${grouped(found.length)} of ${all}`];
  if (target !== undefined && !fingerprints.has(target)) parts.push(`there is no change ${target} in this page`);
  else if (target !== undefined && !found.includes(fingerprints.get(target))) parts.push(`${target} is not among them`);
  one(".count").textContent = parts.join("; ");
  const none = changes.length > 0 ? "No change passes these filters." : hidden > 0 ? "" : "No record changed.";
  one(".end").textContent = found.length > 0 ? "" : none;
}
