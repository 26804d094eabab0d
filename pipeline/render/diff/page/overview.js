// What stands above the list.

/** Events whose counts are shown before a reader asks for the rest. */
const EVENTS = 8;
/** Most events that a diff sums up. */
const MOST_EVENTS = 1000;

/** How a version is called for short. */
const shortly = (side) => side.version ?? (side.path ?? "").replace(/\/+$/, "").split("/").pop();

function drawHead() {
  const [old, now] = [shortly(head.old), shortly(head.new)];
  document.title = `${old} \u2192 ${now}, ${head.dataset}`;
  one(".dataset").append("Changes of the dataset ", element("bdi", {}, head.dataset));
  const arrow = element("span", { class: "arrow", role: "img", "aria-label": "to" }, "\u2192");
  one("h1").append(element("bdi", {}, old), " ", arrow, " ", element("bdi", {}, now));
  one(".sides").append(drawSide("old", head.old), drawSide("new", head.new));
  one(".asks").className = `asks ${head.bump ?? "none"}`;
  one(".asks").textContent = sentence(head.asks);
}

/** Where a version was found, and how far it is to be trusted. */
function drawSide(word, { path, version, trust, is_unsure: isUnsure, digest }) {
  const title = digest === null ? undefined : `tag manifest sha256 ${digest}`;
  const said = element("dd", {}, element("bdi", { title }, path ?? version ?? ""));
  if (trust !== null) said.append(element("span", { class: isUnsure ? "trust unsure" : "trust" }, trust));
  return element("div", {}, element("dt", {}, word), said);
}

function drawTotals() {
  const styles = ["added", "removed", "changed", "unchanged"];
  const cell = (number, i) => element("td", { class: number === 0 ? "zero" : styles[i] }, grouped(number));
  for (const [kind, ...numbers] of head.totals) {
    one(".totals tbody").append(element("tr", {}, element("th", { scope: "row" }, kind), ...numbers.map(cell)));
  }
}

function drawClasses() {
  if (head.classes.length === 0) one(".classes").append(element("p", { class: "note" }, "No record changed."));
  let group;
  for (const each of head.classes) {
    if (each.group !== group) one(".classes").append(element("h3", {}, each.group));
    group = each.group;
    one(".classes").append(element("details", {},
      element("summary", {},
        element("b", { class: each.bump }, each.code),
        element("span", {}, element("span", { class: "title" }, each.title), " ", element("small", {}, each.name)),
        element("span", { class: "number" }, grouped(each.count))),
      ...each.explanation.map((line) => element("p", {}, ...coded(line))),
      element("p", {}, `${sentence(each.asks)} `,
        element("a", { href: address({ ...nothing(), class: [each.code] }) }, `Show only ${each.code}`))));
  }
}

function drawEvents() {
  if (head.events.length === 0) return;
  one(".counted").hidden = false;
  const events = one(".events");
  // Those in which a count changed come first.
  const isChanged = (event) => event.tolls.some((toll) => toll.is_changed);
  const sorted = [...head.events.filter(isChanged), ...head.events.filter((event) => !isChanged(event))];
  events.append(...sorted.slice(0, EVENTS).map(drawEvent));
  const more = sorted.slice(EVENTS);
  const unlisted = head.event_count - head.events.length;
  if (more.length > 0) {
    const button = element("button", { type: "button" }, `Show ${counted(more.length, "more event")}`);
    button.addEventListener("click", () => {
      events.append(...more.map(drawEvent));
      events.children[EVENTS].querySelector("a").focus();
      button.remove();
    });
    events.after(button);
  }
  const other = head.event_count > MOST_EVENTS ? ", or more changed in others" : "";
  const note = `${counted(unlisted, "more event")} changed: nothing is counted there${other}.`;
  if (unlisted > 0) one(".counted").append(element("p", { class: "note" }, note));
}

function drawEvent({ id, changed, tolls }) {
  const link = { href: address({ ...nothing(), event: id }), title: "Only this event" };
  const title = element("p", { class: "event" }, element("a", link, element("bdi", {}, id)),
    element("span", { class: "aside" }, changed));
  const rows = tolls.map((toll) => element("div", { class: toll.is_changed ? "changed" : "same" },
    element("dt", {}, toll.counted), element("dd", {}, ...toll.said.map((said) => element("span", {}, said)))));
  return element("li", {}, title, element("dl", {}, ...rows));
}

function drawLeftOut() {
  one(".review").hidden = changes.length === 0 && hidden === 0;
  one(".left-out").hidden = hidden === 0;
  const are = hidden === 1 ? "is" : "are";
  one(".left-out").textContent = `${counted(hidden, "more change")} ${are} counted above but not in this page.`;
}
