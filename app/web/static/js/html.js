/* The one place where text becomes a document. */

const policy = self.trustedTypes?.createPolicy("aftercare", { createHTML: (html) => html });

/** Parse a page or a fragment of our own; its scripts do not run. */
export function parse(html) {
  return new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, "text/html");
}
