import { createHmac } from "node:crypto";

/** What a webhook is known by. */
export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

/**
 * Headers of the Standard Webhooks specification 1.0.0 for a body: its id, the time of this attempt in seconds, and for each
 * secret (`whsec_` and base64) an HMAC-SHA256 of id, time and body, as `v1,` and base64. Pure.
 */
export function webhookHeaders(id: string, body: Buffer, now: Date, secrets: readonly string[]): SignedHeaders {
  const timestamp = String(Math.floor(now.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
