import type { ConsentView } from "../../../src/consent/contract.ts";
import { clientNameOf, plainText } from "../plain-text.ts";
import { useDeny } from "../use-deny.ts";
import { ConsentFailed } from "./consent-failed.tsx";
import { RequestFacts } from "./request-facts.tsx";

interface ConsentEmptyProps {
  readonly view: ConsentView;
  readonly query: string;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** There is nothing to consent to. Between no grant and no such server the page does not tell. */
export function ConsentEmpty({ view, query, onDone, onReload }: ConsentEmptyProps) {
  const { deny, sending, failure } = useDeny(query, (redirect) => onDone(false, redirect));
  const resource = plainText(new URLSearchParams(query).get("resource") ?? "", 200);
  const client = clientNameOf(view.client);
  const { refused, choice } = view;

  return (
    <section className="card" aria-busy={sending}>
      <p className="lead">
        <bdi className="client-name">{client}</bdi>{" "}
        {choice === null
          ? "asks for a server that you have no access to."
          : "asks to use one of your servers, and you have access to none."}
      </p>
      {resource === "" || choice !== null ? null : <p className="fact-id">{resource}</p>}
      {refused === null || refused.error === "SERVER_NOT_GRANTED" ? (
        <p>
          Ask an admin of {view.host.name} for a grant on {choice === null ? "it" : "a server"} for{" "}
          <strong>{view.human.email}</strong>, at the level you need: low to read, medium to write, high to delete. Then
          connect again from the client.
        </p>
      ) : (
        <p>{plainText(refused.message, 500)}</p>
      )}
      <RequestFacts view={view} />
      {failure === undefined ? null : <ConsentFailed error={failure} query={query} onReload={onReload} />}
      <div className="actions">
        <button type="button" className="button button-primary" disabled={sending} onClick={deny}>
          {sending ? "Sending…" : "Deny and go back"}
        </button>
      </div>
    </section>
  );
}
