import { useEffect } from "react";
import type { ConsentView } from "../../../src/consent/contract.ts";
import { destinationOf, replacesPage } from "../destination.ts";
import { clientNameOf } from "../plain-text.ts";
import { Notice } from "./notice.tsx";
import { Page } from "./page.tsx";

interface SentBackProps {
  readonly view: ConsentView;
  readonly accepted: boolean;
  readonly redirect: string;
}

/** The answer is taken: goes back to the client. Stays on screen when the client is a program with its own URL scheme. */
export function SentBack({ view, accepted, redirect }: SentBackProps) {
  const address = destinationOf(redirect);
  const client = clientNameOf(view.client);
  useEffect(() => {
    if (address !== undefined) window.location.assign(address);
  }, [address]);

  if (address === undefined) {
    return (
      <Page title="The way back is not safe" host={view.host.name} takeFocus>
        <Notice kind="problem">
          <p>
            The client asked to be sent back to an address that a browser would run as a program, so this page did not
            follow it. Tell an admin of {view.host.name}, and close this page.
          </p>
        </Notice>
        {accepted ? (
          <p className="hint">
            Then take the access back under <a href="/">your agents</a>.
          </p>
        ) : null}
      </Page>
    );
  }
  return (
    <Page title={accepted ? "Authorized" : "Denied"} host={view.host.name} takeFocus>
      <Notice kind={accepted ? "done" : "neutral"}>
        <p>
          {accepted ? "Sending you back to " : "Nothing was granted. Sending you back to "}
          <bdi>{client}</bdi>.{replacesPage(address) ? null : " You can close this page."}
        </p>
      </Notice>
      <p className="hint">
        Nothing happened? <a href={address}>Go back to the client</a>.
      </p>
    </Page>
  );
}
