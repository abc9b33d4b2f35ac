// What the page asks of the proxy. Everything else that it shows comes from here.

export const GONE = "The proxy does not answer.";

export async function ask(path, body) {
  const how = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json", "x-ai-cache-dashboard": "1" }, body: JSON.stringify(body) };
  const response = await fetch(path, { cache: "no-store", ...how });
  const told = await response.json().catch(() => ({}));
  if (response.status === 401) throw new Error("The token is not known any more: load this page again.");
  if (!response.ok) throw new Error(told.error ?? `The proxy answers ${response.status}.`);
  return told;
}

export const why = (error) => (error instanceof TypeError ? GONE : error.message);
