import type { ConsentView } from "../../../src/consent/contract.ts";
import { plainText } from "../plain-text.ts";

/**
 * Who asks, for whom, and where the browser goes afterwards. A client chooses its own name, so the place it sends the
 * human back to is what gives an impostor away.
 */
export function RequestFacts({ view }: { readonly view: ConsentView }) {
  return (
    <>
      <dl className="facts">
        <div>
          <dt>Signed in as</dt>
          <dd>{view.human.email}</dd>
        </div>
        <div>
          <dt>Will send you back to</dt>
          <dd>
            <strong>
              <bdi>{plainText(view.client.redirectHost, 255)}</bdi>
            </strong>
            {isProgram(view.client.redirectHost) ? " (a program on this computer)" : null}
          </dd>
        </div>
        <div>
          <dt>Client ID</dt>
          <dd className="fact-id">
            <bdi>{plainText(view.client.id, 300)}</bdi>
          </dd>
        </div>
      </dl>
      <p className="hint">
        The client chose its own name; nobody checked it. Go on only if you just started this from a program you trust.
      </p>
    </>
  );
}

/** A loopback address (RFC 8252 section 7.3), or a URL scheme of a program's own (section 7.1), which the gateway gives as `scheme:`. */
function isProgram(redirectHost: string): boolean {
  return /^(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?$|^[a-z][a-z0-9+.-]*:$/u.test(redirectHost);
}
