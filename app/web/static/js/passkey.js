/* Asks the browser for a passkey, and sends its answer along with the form at hand. */

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ids = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));

export function start(root) {
  for (const form of root.querySelectorAll("[data-passkey]")) {
    form.addEventListener("submit", ask);
    form.querySelector("button").disabled = false; // Nothing could answer a press before.
  }
}

async function ask(event) {
  event.preventDefault();
  const form = event.target;
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  form.querySelectorAll("[role=alert]").forEach((one) => (one.hidden = true));
  try {
    const token = form.elements.csrf_token;
    const response = await fetch(form.dataset.options, { method: "POST", body: new URLSearchParams(token ? { csrf_token: token.value } : {}) });
    if (response.status === 403 || response.status === 410) return location.reload(); // The page itself says what is missing now.
    if (!response.ok) throw new Error(response.status);
    form.elements.credential.value = JSON.stringify(plain(await credential(form.dataset.passkey, await response.json())));
    form.submit();
  } catch (error) {
    form.ariaBusy = null;
    form.querySelector(error.name === "InvalidStateError" ? "[data-known]" : "[data-failed]").hidden = false;
  }
}

function credential(deed, options) {
  options.challenge = bytes(options.challenge);
  if (deed === "get") return navigator.credentials.get({ publicKey: { ...options, allowCredentials: ids(options.allowCredentials) } });
  options.user.id = bytes(options.user.id);
  return navigator.credentials.create({ publicKey: { ...options, excludeCredentials: ids(options.excludeCredentials) } });
}

function plain({ id, rawId, type, response }) {
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) said[name] = text(response[name]);
  }
  return { id, rawId: text(rawId), type, response: said, clientExtensionResults: {} };
}
