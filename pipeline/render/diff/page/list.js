// The list: only what is in sight is in the page.

/** Changes in one stretch of the list: no browser holds a page of any height. */
const STRETCH = 25000;
/** Changes that are put on paper. */
const PRINTED = 1000;
/** Pixels above and below the window in which changes are drawn too. */
const MARGIN = 600;

const list = one(".list");
/** Where the stretch on show begins among what was found, and its changes. */
let start = 0;
let shown = [];
/** Height of each change in pixels: measured, or guessed from its length. */
let heights = new Float64Array(0);
let measured = new Uint8Array(0);
let width = 0;
/** By how much guesses were too small so far. */
let scale = 1;
/** The drawn changes by their place. */
let drawn = new Map();
/** The first change in the window, and where it stands there; nothing while the list begins further down. */
let holding;
let isPrinting = false;

function openStretch(number) {
  start = number * STRETCH;
  shown = found.slice(start, start + STRETCH);
  drawn.forEach((article) => article.remove());
  drawn = new Map();
  drawStretches(number);
  guess();
  draw();
}

function drawStretches(number) {
  const nav = one(".stretches");
  const count = Math.ceil(found.length / STRETCH);
  nav.hidden = count < 2;
  const buttons = Array.from({ length: count < 2 ? 0 : count }, (_, i) => {
    const words = `${grouped(i * STRETCH + 1)}\u2013${grouped(Math.min((i + 1) * STRETCH, found.length))}`;
    const button = element("button", { type: "button", "aria-current": i === number ? "true" : undefined }, words);
    button.addEventListener("click", () => {
      openStretch(i);
      showList(0);
    });
    return button;
  });
  nav.replaceChildren(...buttons);
}

function guess() {
  width = list.clientWidth;
  const perLine = Math.max(24, width / 8);
  heights = Float64Array.from(shown, (change) => {
    const rows = change.lines.reduce((sum, pieces) => sum + Math.ceil(pieces.join("").length / perLine), 0);
    return scale * (100 + 26 * (rows + Math.ceil(change.headline.length / perLine)));
  });
  measured = new Uint8Array(shown.length);
}

/** The first change that ends behind a height, and where it begins. */
function changeAt(height) {
  let top = 0;
  for (let at = 0; at < shown.length; at++) {
    if (top + heights[at] > height) return { at, top };
    top += heights[at];
  }
  return { at: shown.length, top };
}

const sum = (from, to) => heights.subarray(from, to).reduce((total, height) => total + height, 0);

/** Draws what is in sight, and keeps in its place what the reader looks at, however wrong the guesses were. */
function draw() {
  if (isPrinting) return;
  if (list.clientWidth !== width) {
    refit();
    return;
  }
  for (let round = 0; round < 4; round++) {
    const top = list.getBoundingClientRect().top;
    const held = changeAt(Math.max(0, -top));
    const place = drawn.get(held.at)?.getBoundingClientRect().top ?? top + held.top;
    const first = changeAt(-top - MARGIN).at;
    const last = changeAt(-top + innerHeight + MARGIN).at;
    const isSettled = put(first, Math.min(last + 1, shown.length));
    const moved = (drawn.get(held.at)?.getBoundingClientRect().top ?? place) - place;
    if (top < 0 && Math.abs(moved) > 0.5) scrollBy(0, moved);
    holding = top < 0 ? { at: held.at, place } : undefined;
    if (isSettled) return;
  }
}

/** Puts some changes into the page and measures them; whether nothing was new. */
function put(first, last) {
  const focused = document.activeElement;
  for (const [at, article] of drawn) {
    if (at < first || at >= last) {
      if (article.contains(focused)) list.focus({ preventScroll: true });
      article.remove();
      drawn.delete(at);
    }
  }
  let isSettled = true;
  let before = null;
  for (let at = first; at < last; at++) {
    let article = drawn.get(at);
    if (article === undefined) {
      article = drawChange(shown[at], at);
      drawn.set(at, article);
      isSettled = false;
      if (before === null) list.prepend(article);
      else before.after(article);
    }
    before = article;
  }
  measure();
  list.style.paddingTop = `${sum(0, first)}px`;
  list.style.paddingBottom = `${sum(last, shown.length)}px`;
  return isSettled;
}

function measure() {
  let [guessed, real] = [0, 0];
  for (const [at, article] of drawn) {
    const height = article.getBoundingClientRect().height;
    if (!measured[at]) {
      guessed += heights[at];
      real += height;
      measured[at] = 1;
    }
    heights[at] = height;
  }
  // Better guesses for what was not seen yet, once there is enough to go by.
  if (scale === 1 && guessed > 2000) {
    scale = real / guessed;
    heights = heights.map((height, at) => (measured[at] ? height : height * scale));
  }
}

/** Brings a change of the stretch to a place in the window. */
function bring(at, place) {
  for (let round = 0; round < 4; round++) {
    const top = drawn.get(at)?.getBoundingClientRect().top ?? list.getBoundingClientRect().top + sum(0, at);
    scrollBy(0, top - place);
    draw();
  }
}

/** In another width all heights are others; what the reader looked at stays where it was. */
function refit() {
  const held = holding;
  scale = 1;
  guess();
  if (held === undefined) draw();
  else bring(held.at, held.place);
}

/** Brings a change into sight and gives it the focus. */
function reveal(at) {
  bring(at, 24);
  drawn.get(at)?.focus({ preventScroll: true });
}

/** From one change to the next or the previous one. */
function step(event) {
  const by = { j: 1, PageDown: 1, k: -1, PageUp: -1 }[event.key];
  const article = event.target.closest("article");
  if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = article === null ? -1 : [...drawn].find(([, each]) => each === article)?.[0] ?? -1;
  const next = Math.min(shown.length - 1, Math.max(0, at + by));
  event.preventDefault();
  if (shown.length > 0) reveal(next);
}

function startList() {
  let isWaiting = false;
  const soon = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      draw();
    });
  };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  list.addEventListener("keydown", step);
  new ResizeObserver(soon).observe(list);
  addEventListener("beforeprint", () => {
    isPrinting = true;
    put(0, Math.min(shown.length, PRINTED));
    list.style.paddingBottom = "0";
    const left = `The first ${grouped(PRINTED)} of ${grouped(found.length)} changes are printed.`;
    if (found.length > PRINTED) one(".end").textContent = left;
  });
  addEventListener("afterprint", () => {
    isPrinting = false;
    drawCount();
    draw();
  });
}
