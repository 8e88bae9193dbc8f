import { Agent, request } from "undici";
import type { SettingsOf } from "../../audit-destination-forms.ts";
import type { AuditBatchLimits, AuditDestination } from "../../deps/audit.ts";
import type { Clock } from "../../deps/process.ts";
import { deliveryRange, newlineDelimited } from "./delivery.ts";
import { webhookHeaders } from "./webhook-signature.ts";

const usualTimeoutMs = 10_000;

/** What a receiver usually takes in one body. */
const limits: AuditBatchLimits = {
  records: 1_000,
  bytes: 1_048_576,
  bytesPerRecord: 1,
  spanMs: Number.POSITIVE_INFINITY,
};

/** What a webhook works with. */
export interface WebhookParts {
  /** In the form of Standard Webhooks; each signs. */
  readonly secrets: readonly string[];
  readonly clock: Clock;
  /** Certificate authority that is believed in the place of the usual ones, PEM. */
  readonly ca?: string;
  /** For an answer. */
  readonly timeoutMs?: number;
}

/** What a person can do about a status that is not 2xx. Nothing of the body: it may repeat what was sent. */
function refusal(status: number): string {
  if (status >= 300 && status < 400) {
    return "Redirects are not followed, the records would go where nobody said: put the final address into AUDIT_DESTINATIONS.";
  }
  if (status === 401 || status === 403) return "See that it checks with the secret that AUDIT_WEBHOOK_SECRET holds.";
  if (status === 404 || status === 410) return "Correct the address in AUDIT_DESTINATIONS.";
  if (status === 413) return `It must take bodies of ${limits.bytes} bytes.`;
  if ([408, 425, 429].includes(status) || status >= 500) return "It has no time or is out of order.";
  return "It must take a POST of application/x-ndjson, see gateway/AUDIT-DESTINATIONS.md.";
}

/** When it wants to be asked again (RFC 9110 section 10.2.3), as far as it is of either form. For people: when that is, the shipper decides. */
function retryAfter(header: string | string[] | undefined): string {
  return typeof header === "string" && /^[\w ,:]{1,40}$/.test(header) ? ` It says Retry-After: ${header}.` : "";
}

/**
 * A receiver over HTTPS: each delivery is one POST of JSON lines, signed (Standard Webhooks). `webhook-id` is chain and
 * range, so the same lines have the same id: it is the key by which a repeat is known. Only 2xx within 10 s counts.
 */
export function createWebhookDestination(
  { name, url }: SettingsOf<"webhook">,
  { secrets, clock, ca, timeoutMs = usualTimeoutMs }: WebhookParts,
): AuditDestination {
  const dispatcher = new Agent({ connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) } });
  return {
    name,
    limits,
    deliver: async (lines) => {
      const { chain, first, last } = deliveryRange(lines);
      const body = newlineDelimited(lines);
      const id = `${chain}-${first}-${last}`;
      const signal = AbortSignal.timeout(timeoutMs);
      const headers = { "content-type": "application/x-ndjson", ...webhookHeaders(id, body, clock(), secrets) };
      const post = async () => {
        const answer = await request(url, { method: "POST", headers, body, dispatcher, signal });
        await answer.body.dump({ limit: 65_536, signal });
        return answer;
      };
      const { statusCode, headers: answered } = await post().catch((error: unknown) => {
        const late = signal.aborted ? ` within ${timeoutMs / 1000} s` : "";
        throw new Error(`The webhook ${name} did not answer${late}.`, { cause: error });
      });
      if (statusCode >= 200 && statusCode < 300) return 0;
      const said = retryAfter(answered["retry-after"]);
      throw new Error(`The webhook ${name} answered ${statusCode}. ${refusal(statusCode)}${said}`);
    },
    close: () => dispatcher.destroy(),
  };
}
