import { type FormEvent, useCallback, useState } from "react";
import type { ConsentRequest, ConsentServer, ConsentView, Level } from "../../../src/consent/contract.ts";
import { type ApiError, sendConsent } from "../api.ts";
import { clientNameOf } from "../plain-text.ts";
import { apiErrorOf } from "../use-loaded.ts";
import { ConsentFailed, isOutOfDate } from "./consent-failed.tsx";
import { RequestFacts } from "./request-facts.tsx";
import { ServerConsent } from "./server-consent.tsx";

interface ConsentFormProps {
  readonly view: ConsentView;
  /** What is asked for: one server, or several that the human has chosen. */
  readonly servers: readonly ConsentServer[];
  readonly query: string;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** The question: may this client use these servers for you, and how much? One answer for all of them. */
export function ConsentForm({ view, servers, query, onDone, onReload }: ConsentFormProps) {
  const [levels, setLevels] = useState<Readonly<Record<string, Level>>>({});
  const [connected, setConnected] = useState<ReadonlySet<string>>(new Set());
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const levelOf = ({ key }: ConsentServer): Level => levels[key] ?? "low";
  // Signing in leaves the page, and what was chosen before it would be lost: so that comes first.
  const waiting = servers.some(({ key, signIn }) => signIn && !connected.has(key));
  // What is on screen no longer holds, so it must not be accepted as it stands.
  const outOfDate = failure !== undefined && isOutOfDate(failure);

  // The gateway would refuse: what was not shown is not consented to.
  const unseen = servers.some(({ url, tools }) => url !== undefined && tools.length === 0);

  const noteConnected = useCallback((key: string, is: boolean) => {
    setConnected((before) => {
      if (before.has(key) === is) return before;
      const next = new Set(before);
      if (is) next.add(key);
      else next.delete(key);
      return next;
    });
  }, []);

  async function answer(request: ConsentRequest) {
    setSending(true);
    setFailure(undefined);
    try {
      onDone(request.accept, await sendConsent(request));
    } catch (error) {
      setFailure(apiErrorOf(error));
      setSending(false);
    }
  }

  function authorize(event: FormEvent) {
    event.preventDefault();
    if (sending || outOfDate || waiting || unseen) return;
    const given = servers.map((server) => ({ server: server.key, level: levelOf(server) }));
    void answer({ accept: true, query, servers: given });
  }

  return (
    <form className="card" onSubmit={authorize} aria-busy={sending}>
      <p className="lead">
        <bdi className="client-name">{clientNameOf(view.client)}</bdi> asks to use <Names of={servers} /> in your name.
      </p>
      {servers.length > 1 || servers[0] === undefined || servers[0].description === "" ? null : (
        <p className="hint">{servers[0].description}</p>
      )}
      <RequestFacts view={view} />
      {servers.map((server) => (
        <ServerConsent
          key={server.key}
          server={server}
          chosen={servers}
          query={query}
          level={levelOf(server)}
          disabled={sending || outOfDate}
          waiting={waiting}
          onLevel={(level) => setLevels({ ...levels, [server.key]: level })}
          onConnected={noteConnected}
        />
      ))}
      {failure === undefined ? null : <ConsentFailed error={failure} query={query} onReload={onReload} />}
      <div className={waiting ? "actions" : "actions actions-sticky"}>
        {waiting ? null : (
          <button type="submit" className="button button-primary" disabled={sending || outOfDate || unseen}>
            {sending ? "Sending…" : "Authorize"}
          </button>
        )}
        <button
          type="button"
          className="button"
          disabled={sending}
          onClick={() => void answer({ accept: false, query })}
        >
          Deny
        </button>
      </div>
    </form>
  );
}

function Names({ of: servers }: { readonly of: readonly ConsentServer[] }) {
  return servers.map(({ key, name }, index) => (
    <span key={key}>
      {index === 0 ? "" : index === servers.length - 1 ? " and " : ", "}
      <strong>{name}</strong>
    </span>
  ));
}
