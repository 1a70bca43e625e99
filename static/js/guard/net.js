// Asks the server. A Failure has a status (0: the server was not reached), a code for programs and a sentence for people.
const PATIENCE_MS = 8000;

export class Failure extends Error {
  constructor(status, body = {}) {
    super(body.say || body.error || `status ${status}`);
    // Lost on the way, or too much for the server now: worth another try.
    const isLost = status === 0 || status === 429 || status >= 500;
    Object.assign(this, { status, isLost, code: body.error ?? "", say: body.say ?? "", body });
  }
}

async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, { credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch {
    throw new Failure(0);
  }
  const body = await answer.json().catch(() => null);
  if (body === null || typeof body !== "object") throw new Failure(answer.ok ? 0 : answer.status);
  if (!answer.ok) throw new Failure(answer.status, body);
  return body;
}

export const get = (address) => ask(address, { headers: { Accept: "application/json" } });

export const post = (address, body) =>
  ask(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-Nuanxin": "1" },
    body: JSON.stringify(body),
  });
