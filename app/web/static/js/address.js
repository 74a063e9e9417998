/* What goes into an address, which servers take only up to a length. */

const LONGEST = 1500; // Counted as sent: one letter of Chinese is nine signs there.

/** The query of an address from names and texts; a text that is too long loses its end. */
export function queryOf(values) {
  const query = new URLSearchParams(Object.keys(values).map((name) => [name, ""]));
  for (const [name, value] of Object.entries(values)) {
    const letters = [...value].slice(0, LONGEST);
    query.set(name, letters.join(""));
    while (String(query).length > LONGEST) {
      letters.pop();
      query.set(name, letters.join(""));
    }
  }
  return String(query);
}
