// The state of the page is its address: `#<fingerprint>` names a change, `class=C10&event=...` the filters; both may
// stand together, joined by `&`. A click follows a link to another address, and no more.

const FINGERPRINT = /^[0-9a-f]{12}$/;

/** What the filters ask for: names of one choice each, codes of any number, and words. */
const nothing = () => ({ class: [], event: "", source: "", root: "", voice: "", words: "" });
const FACETS = ["class", "event", "source", "root", "voice"];

function readAddress() {
  const parts = location.hash.slice(1).split("&");
  const wanted = nothing();
  const params = new URLSearchParams(parts.filter((part) => !FINGERPRINT.test(part)).join("&"));
  for (const [name, value] of params) {
    if (name === "class") wanted.class = value.split(",").filter((code) => codes.includes(code));
    else if (Object.hasOwn(wanted, name)) wanted[name] = value;
  }
  return { wanted, fingerprint: parts.find((part) => FINGERPRINT.test(part)) };
}

function address(wanted, fingerprint) {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) {
    if (value.length > 0) params.set(name, String(value));
  }
  const filters = params.toString().replaceAll("%2C", ",");
  return `#${[fingerprint, filters].filter((part) => part).join("&")}`;
}
