// What keeps people from reading or using this page, one sentence each (WCAG 2.2, level AA, as far as a script can tell).
const problems = [];

const start = (element) => element.outerHTML.slice(0, 80);
const parts = (color) => color.match(/[\d.]+/g).map(Number);

// 1.4.3: the contrast of a text with what is behind it.
const luminance = ([red, green, blue]) => {
  const [r, g, b] = [red, green, blue].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const over = ([r, g, b, alpha = 1], below) => [r, g, b].map((part, at) => part * alpha + below[at] * (1 - alpha));
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const behind = (element) => {
  if (!element) return dark ? [18, 18, 18] : [255, 255, 255];
  const own = parts(getComputedStyle(element).backgroundColor);
  return (own[3] ?? 1) === 1 ? own : over(own, behind(element.parentElement));
};
const check_contrast = (element, text) => {
  const style = getComputedStyle(element);
  const below = behind(element);
  const [first, second] = [luminance(over(parts(style.color), below)), luminance(below)];
  const ratio = (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5)) problems.push(`"${text}" has a contrast of ${ratio.toFixed(2)} only`);
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (texts.nextNode()) {
  const [element, text] = [texts.currentNode.parentElement, texts.currentNode.data.trim()];
  if (text && element.checkVisibility({ visibilityProperty: true })) check_contrast(element, text.slice(0, 40));
}

// 1.3.1, 2.4.2, 3.1.1: the page says what it is, and in which language.
if (!document.title) problems.push('the page has no title');
if (!document.documentElement.lang) problems.push('the page does not say its language');
const headings = [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) => Number(heading.tagName[1]));
if (headings.filter((level) => level === 1).length !== 1) problems.push(`the headings are ${headings}`);
headings.forEach((level, at) => {
  if (at && level > headings[at - 1] + 1) problems.push(`a heading is left out: ${headings}`);
});
if (!document.querySelector('main')) problems.push('nothing says where the page\'s own part begins');

// 1.4.10: nothing has to be moved sideways to be read.
const { scrollWidth, clientWidth } = document.documentElement;
if (scrollWidth > clientWidth) problems.push(`the page is ${scrollWidth} wide, the screen ${clientWidth}`);

// 3.3.2, 2.5.8: fields have labels; fingers hit what can be pressed; no phone has to zoom in to type.
for (const field of document.querySelectorAll('input:not([type=hidden])')) {
  if (!field.labels.length) problems.push(`a field has no label: ${start(field)}`);
  if (parseFloat(getComputedStyle(field).fontSize) < 16) problems.push(`typed text is too small: ${start(field)}`);
}
for (const target of document.querySelectorAll('input:not([type=hidden]), button')) {
  // A label around a field is pressed like it.
  const { height } = (target.closest('label') ?? target).getBoundingClientRect();
  if (height < 40) problems.push(`too low to be hit by a finger (${height}): ${start(target)}`);
}
return problems;
