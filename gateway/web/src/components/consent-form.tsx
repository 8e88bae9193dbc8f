import { type FormEvent, useState } from "react";
import type { ConsentRequest, ConsentServer, ConsentView, Level } from "../../../src/consent/contract.ts";
import { type ApiError, sendConsent } from "../api.ts";
import { levelWords, reaches } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { useConnection } from "../use-connection.ts";
import { apiErrorOf } from "../use-loaded.ts";
import { ConnectFirst } from "./connect-first.tsx";
import { ConsentFailed, isOutOfDate } from "./consent-failed.tsx";
import { LevelChoice } from "./level-choice.tsx";
import { Moment } from "./moment.tsx";
import { OfferedTools } from "./offered-tools.tsx";
import { RequestFacts } from "./request-facts.tsx";
import { ToolList } from "./tool-list.tsx";

interface ConsentFormProps {
  readonly view: ConsentView;
  readonly server: ConsentServer;
  readonly query: string;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** The question: may this client use this server for you, and how much? */
export function ConsentForm({ view, server, query, onDone, onReload }: ConsentFormProps) {
  const { connection, signIn, retry } = useConnection(server.key, query);
  const [level, setLevel] = useState<Level>("low");
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const allowed = server.tools.filter((tool) => reaches(level, tool.trust)).length;
  // What is on screen no longer holds, so it must not be accepted as it stands.
  const outOfDate = failure !== undefined && isOutOfDate(failure);

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
    if (!sending && !outOfDate) void answer({ accept: true, query, servers: [{ server: server.key, level }] });
  }

  const deny = (
    <button type="button" className="button" disabled={sending} onClick={() => void answer({ accept: false, query })}>
      Deny
    </button>
  );
  const notTaken = failure === undefined ? null : <ConsentFailed error={failure} query={query} onReload={onReload} />;
  if (server.signIn && connection.state !== "connected") {
    return (
      <section className="card" aria-busy={sending || connection.state === "connecting"}>
        <p className="lead">
          <bdi className="client-name">{clientNameOf(view.client)}</bdi> asks to use <strong>{server.name}</strong> in
          your name.
        </p>
        {server.description === "" ? null : <p className="hint">{server.description}</p>}
        <RequestFacts view={view} />
        <ConnectFirst name={server.name} connection={connection} onSignIn={signIn} onRetry={retry} />
        {notTaken}
        <div className="actions">{deny}</div>
      </section>
    );
  }
  return (
    <form className="card" onSubmit={authorize} aria-busy={sending}>
      <p className="lead">
        <bdi className="client-name">{clientNameOf(view.client)}</bdi> asks to use <strong>{server.name}</strong> in
        your name.
      </p>
      {server.description === "" ? null : <p className="hint">{server.description}</p>}
      <RequestFacts view={view} />
      <LevelChoice level={level} ceiling={server.ceiling} disabled={sending || outOfDate} onChange={setLevel} />
      <p className="level-meaning" role="status">
        <strong>
          {levelWords[level].name} ({level})
        </strong>
        : {levelWords[level].meaning} {allowed} of {server.tools.length} tools allowed.
      </p>
      <p className="hint">
        Holds until <Moment iso={server.endsAt} />, or until it was not used for {server.idleDays}{" "}
        {server.idleDays === 1 ? "day" : "days"}. You can revoke it before.
      </p>
      <h2>Tools of {server.name}</h2>
      <ToolList tools={server.tools} level={level} />
      <OfferedTools name={server.name} connection={connection} onRetry={retry} />
      {notTaken}
      <div className="actions actions-sticky">
        <button type="submit" className="button button-primary" disabled={sending || outOfDate}>
          {sending ? "Sending…" : "Authorize"}
        </button>
        {deny}
      </div>
    </form>
  );
}
