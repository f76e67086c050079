// What a person with a keyboard, a screen reader or weak eyes needs of a page; returns what is missing, in words.
() => {
  const wrong = [];
  const shown = (node) => node.getClientRects().length > 0 && getComputedStyle(node).visibility !== "hidden";
  const name = (node) =>
    (node.getAttribute("aria-label") || node.textContent || node.title || "").trim() ||
    [...node.querySelectorAll("[aria-label], img[alt]")].map((n) => n.getAttribute("aria-label") || n.alt).join("").trim();
  const say = (node) => node.outerHTML.slice(0, 120);

  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (document.querySelectorAll("h1").length !== 1) wrong.push(`${document.querySelectorAll("h1").length} h1`);
  if (!document.querySelector("main")) wrong.push("no main");
  const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`id twice: ${id}`);
  for (const node of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (shown(node) && !node.getAttribute("aria-label") && ![...(node.labels || [])].some((label) => label.textContent.trim()))
      wrong.push(`no label: ${say(node)}`);
  for (const node of document.querySelectorAll("a, button, summary")) if (shown(node) && !name(node)) wrong.push(`no name: ${say(node)}`);
  for (const node of document.querySelectorAll("img")) if (!node.hasAttribute("alt")) wrong.push(`no alt: ${say(node)}`);
  for (const node of document.querySelectorAll("table")) if (node.rows.length && node.tHead && ![...node.tHead.rows[0].cells].every((cell) => cell.tagName === "TH")) wrong.push("a table head without th");

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return [255, 255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const node = text.parentElement;
    if (!text.textContent.trim() || !shown(node) || seen.has(node) || node.closest("[disabled]")) continue;
    seen.add(node);
    const style = getComputedStyle(node);
    const [a, b] = [light(rgba(style.color)), light(behind(node))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)}: ${text.textContent.trim().slice(0, 30)} (${node.className})`);
  }
  return [...new Set(wrong)];
}
