// Speaking to the server. A decision is asked for with an id of its own, so that asking again does it once.

const TRIES = 4;

async function answer(response) {
  let body = null;
  try { body = await response.json(); } catch { /* plain text */ }
  if (!response.ok) {
    const error = new Error(body?.error ?? `the server answered ${response.status}`);
    error.status = response.status;
    throw error;
  }
  return body;
}

export async function get(path) {
  return answer(await fetch(path, { headers: { Accept: "application/json" } }));
}

export async function post(path, data = {}) {
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data) };
  for (let attempt = 1; ; attempt += 1) {
    let response;
    try {
      response = await fetch(path, request);
    } catch {
      if (attempt === TRIES) throw new Error("the server does not answer: is ousianer review still running?");
      await new Promise((done) => setTimeout(done, 150 * 2 ** attempt));
      continue;
    }
    return answer(response);
  }
}

export function newId() {
  return crypto.randomUUID();
}
