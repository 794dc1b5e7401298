// The API of the local cloud.

/** Send a request and return its JSON; throw an error answer with its message and `status`. */
async function ask(path, options = {}) {
  const response = await fetch(path, options);
  const content = await response.json();
  if (!response.ok) throw Object.assign(new Error(content.error), { status: response.status });
  return content;
}

const sending = (method, content) => ({
  method,
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(content),
});

export const api = {
  state: (after) => ask(`api/state?after=${after}`),
  delivery: (number) => ask(`api/deliveries/${number}`),
  bucket: () => ask("api/bucket"),
  object: (key) => ask(`api/object?key=${encodeURIComponent(key)}`),
  choices: () => ask("api/choices"),
  send: (wanted) => ask("api/send", sending("POST", wanted)),
  reset: () => ask("api/reset", sending("POST", {})),
  setFaults: (text) => ask("api/faults", sending("PUT", { text })),
};
