// Requests to the proxy's API, from which all data on the page comes.

const NO_ANSWER = "The proxy does not answer.";

export async function request(path, body) {
  const options = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json", "x-ai-cache-dashboard": "1" }, body: JSON.stringify(body) };
  const response = await fetch(path, { cache: "no-store", ...options });
  const reply = await response.json().catch(() => ({}));
  if (response.status === 401) throw new Error("The token is not valid any more: load this page again.");
  if (!response.ok) throw new Error(reply.error ?? `The proxy answers ${response.status}.`);
  return reply;
}

export const describeError = (error) => (error instanceof TypeError ? NO_ANSWER : error.message);
