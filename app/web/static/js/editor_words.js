/* The words of the editor, in the reader's language: many, and only needed where somebody writes. */

export const words = fetch("/editor/words").then((response) => response.json());
