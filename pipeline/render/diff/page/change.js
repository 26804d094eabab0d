// One change as the list shows it.

const SIGNS = { "+": ["added", "+"], "-": ["removed", "\u2212"], "~": ["changed", "~"] };

function drawChange(change, at) {
  const [word, glyph] = SIGNS[change.sign];
  const title = element("h3", { id: `id-${change.fingerprint}` },
    element("span", { class: "sign", "aria-hidden": "true" }, glyph),
    element("bdi", { class: "id" }, change.id),
    element("span", { class: "aside" }, ` ${change.kind} ${word}`));
  const link = { class: "fingerprint", href: address(wanted, change.fingerprint), title: "Link to this change" };
  const article = element("article", {
    class: `change ${word}${change.fingerprint === target ? " target" : ""}`,
    id: change.fingerprint,
    tabindex: "-1",
    "aria-labelledby": `id-${change.fingerprint}`,
    "aria-posinset": start + at + 1,
    "aria-setsize": found.length,
  }, element("div", { class: "top" }, title, element("a", link, change.fingerprint)));
  if (change.headline !== "") article.append(element("p", { class: "headline", dir: "auto" }, change.headline));
  const where = placesOf(change);
  if (where.length > 0) article.append(element("p", { class: "where" }, ...where));
  article.append(element("ul", { class: "tags", "aria-label": "kinds of change" }, ...change.facets.class.map(tag)));
  if (change.lines.length > 0) article.append(drawLines(change.lines));
  return article;
}

function tag(number) {
  const { code, name, title, bump } = head.classes[number];
  return element("li", { title, class: bump }, element("b", {}, code), ` ${name}`);
}

/** Event and voices, each a link that narrows the list down to it. */
function placesOf(change) {
  const parts = [];
  if (change.kind !== "event" && change.facets.event.length > 0) {
    parts.push(choice("event", change.facets.event[0], "event"));
  }
  if (change.kind !== "agent" && change.chain.length > 0) {
    parts.push(element("span", { class: "by" }, " by "));
    change.chain.forEach((voice, i) => {
      if (i > 0) parts.push(element("span", { class: "by", "aria-label": "through" }, " \u203a "));
      const isRoot = i === change.chain.length - 1;
      parts.push(choice(isRoot ? "root" : "voice", voice, isRoot ? "root voice" : "voice"));
    });
  }
  if (change.kind !== "source") {
    change.facets.source.forEach((source, i) => {
      parts.push(element("span", { class: "by" }, i === 0 ? " in " : ", "), choice("source", source, "source"));
    });
  }
  return parts;
}

function choice(facet, number, word) {
  const name = names[number];
  const link = { href: address({ ...wanted, [facet]: name }), title: `Only this ${word}` };
  return element("a", link, element("bdi", {}, name));
}

function drawLines(lines) {
  const list = element("dl", { class: "lines" });
  for (const [label, ...pieces] of lines) {
    const kind = label === "quote" ? "quote" : label === "value" ? "value" : undefined;
    const marked = (some) => some.flatMap((piece) => drawPiece(piece, label !== "quote"));
    // A place, then the words that stand there.
    const colon = pieces.indexOf(" : ");
    const [place, words] = colon < 0 ? [pieces] : [pieces.slice(0, colon), pieces.slice(colon + 1)];
    const said = element("dd", { dir: "auto" }, ...marked(place));
    if (words !== undefined) said.append(element("p", { class: "words", dir: "auto" }, ...marked(words)));
    list.append(element("div", { class: kind }, element("dt", {}, label), said));
  }
  return list;
}

function drawPiece(piece, isLinked) {
  const text = piece.slice(1);
  switch (piece[0]) {
    case "-": return [element("del", {}, text)];
    case "+": return [element("ins", {}, text)];
    case "=": return [element("bdi", {}, ...(isLinked ? linked(text) : [text]))];
    default: return [element("span", { class: "ours" }, ...linked(text))];
  }
}

/** A text in which the ids of listed claims are links to them. */
function linked(text) {
  return text.split(/([^\s,()]+)/).filter((part) => part !== "").map((part) => {
    const claim = claims.get(part);
    return claim === undefined ? part : element("a", { href: `#${claim.fingerprint}` }, part);
  });
}
