/* Changing the text in a field so that the browser's own undo takes it back. */

/** Put `text` in place of what stands from `start` to `end`; then select `from` to `to`, counted within `text`. */
export function replace(area, start, end, text, from = text.length, to = from) {
  area.focus();
  area.setSelectionRange(start, end);
  const done = text ? document.execCommand("insertText", false, text) : start === end || document.execCommand("delete");
  if (!done) {
    area.setRangeText(text, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }
  area.setSelectionRange(start + from, start + to);
}

/** Put a block of lines where the caret is, with an empty line before and after it. */
export function insertBlock(area, text) {
  const { value, selectionEnd: place } = area;
  const before = value.slice(0, place).trimEnd();
  const after = value.slice(place).trimStart();
  const block = `${before && "\n\n"}${text}\n\n`;
  replace(area, before.length, value.length - after.length, block);
}
