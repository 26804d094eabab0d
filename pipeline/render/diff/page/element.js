"use strict";
// The page of a diff. Whatever comes from the dataset is written as text (`append`, `textContent`), never as markup.
// The files of this script stand in one element of the page, in the order of the names in `page.rs`.

const one = (selector) => document.querySelector(selector);
const grouped = (number) => number.toLocaleString("en-US");
const counted = (number, noun) => `${grouped(number)} ${noun}${number === 1 ? "" : "s"}`;

/** An element with attributes and content; strings become text. */
function element(tag, attributes, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...content.filter((part) => part !== undefined));
  return made;
}

/** Words of ours as a sentence. */
const sentence = (words) => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

/** Our own words, with what stands between backquotes as code. */
function coded(words) {
  return words.split("`").map((part, i) => (i % 2 === 1 ? element("code", {}, part) : part));
}
