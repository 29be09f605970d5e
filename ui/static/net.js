// Requests to the page's own server.
import { t } from "./dom.js";
import { toast } from "./pop.js";

// What this page calls itself to the server, and is known by there as long as it is open.
export const page = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export class Failed extends Error {
  constructor(status, error, remedy) {
    super(error);
    this.status = status;
    this.remedy = remedy;
  }
}

let signedOut = false;

// The response, or Failed. A sign-in that has ended leads elsewhere, which a script can't follow.
export async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { redirect: "manual", cache: "no-store", ...options, headers: { "x-plumbline": "1", ...options.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failed(0, t("net.unreachable"), "");
  }
  if (response.type === "opaqueredirect" || response.status === 401) {
    if (!signedOut) toast(t("net.signed_out"), { kind: "error", stays: true, action: { label: t("net.sign_in"), run: () => location.reload() } });
    signedOut = true;
    throw new Failed(401, t("net.signed_out"), "");
  }
  signedOut = false;
  if (!response.ok) {
    const said = await response.json().catch(() => ({}));
    throw new Failed(response.status, said.error ?? t("net.failed"), said.remedy ?? "");
  }
  return response;
}

export async function get(path, values = {}, options = {}) {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== ""));
  const response = await request(query.size ? `${path}?${query}` : path, options);
  return response.json();
}

export async function post(path, body = {}) {
  const response = await request(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  return response.status === 204 ? null : response.json();
}

// Run something that asks the server, and show why if it fails. False then.
export async function attempt(run) {
  try {
    const result = await run();
    return result === undefined || result === null ? true : result;
  } catch (error) {
    if (!(error instanceof Failed)) throw error;
    if (error.status !== 401) toast(`${error.message} ${error.remedy}`.trim(), { kind: "error" });
    return false;
  }
}
