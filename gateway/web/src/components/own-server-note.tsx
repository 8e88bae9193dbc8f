import type { ConsentServer } from "../../../src/consent/contract.ts";
import { plainText } from "../plain-text.ts";
import { Notice } from "./notice.tsx";

/** Of a server that the human connected: whose it is, and how far what is shown of it can be believed. */
export function OwnServerNote({ server: { url, tools } }: { readonly server: ConsentServer }) {
  if (url === undefined) return null;
  return (
    <Notice kind="neutral" title="A server of your own">
      <p className="fact-id">{plainText(url, 500)}</p>
      <p>
        You connected it, and no admin has reviewed it. What each tool needs was guessed by its name: a tool can do more
        than its name says.
      </p>
      {tools.length === 0 ? <p>It has shown no tools yet, so there is nothing to authorize.</p> : null}
    </Notice>
  );
}
