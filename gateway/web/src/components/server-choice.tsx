import { useId, useState } from "react";
import type { ConsentChoice, ConsentServer, ConsentView } from "../../../src/consent/contract.ts";
import { levelWords } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { useDeny } from "../use-deny.ts";
import { ConsentFailed } from "./consent-failed.tsx";
import { RequestFacts } from "./request-facts.tsx";

interface ServerChoiceProps {
  readonly view: ConsentView;
  readonly choice: ConsentChoice;
  readonly query: string;
  readonly onChoose: (server: ConsentServer) => void;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** From so many servers on there is a field to search in. */
const searchFrom = 7;

/** The client left it to the human: which of the servers that an admin granted them? Choosing grants nothing yet. */
export function ServerChoice({ view, choice, query, onChoose, onDone, onReload }: ServerChoiceProps) {
  const [search, setSearch] = useState("");
  const { deny, sending, failure } = useDeny(query, (redirect) => onDone(false, redirect));
  const searchId = useId();
  const found = choice.servers.filter((server) => matches(server, search));
  const many = choice.servers.length >= searchFrom;
  return (
    <section className="card" aria-busy={sending}>
      <p className="lead">
        <bdi className="client-name">{clientNameOf(view.client)}</bdi> asks to use one of your servers in your name.
        Which one?
      </p>
      {many ? (
        <div className="field">
          <label htmlFor={searchId}>Search</label>
          <input
            id={searchId}
            type="search"
            value={search}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setSearch(event.target.value)}
          />
          <p className="hint" role="status">
            {found.length} of {choice.servers.length} servers
          </p>
        </div>
      ) : null}
      <ul className="servers" aria-label="Servers">
        {found.map((server) => (
          <li key={server.key}>
            <button type="button" className="server-option" disabled={sending} onClick={() => onChoose(server)}>
              <span className="server-name">{server.name}</span>
              {server.description === "" ? null : <span className="hint">{server.description}</span>}
              <span className="server-limit">
                Up to {levelWords[server.ceiling].name} ({server.ceiling})
              </span>
            </button>
          </li>
        ))}
      </ul>
      <RequestFacts view={view} />
      {failure === undefined ? null : <ConsentFailed error={failure} query={query} onReload={onReload} />}
      <div className="actions">
        <button type="button" className="button" disabled={sending} onClick={deny}>
          {sending ? "Sending…" : "Deny"}
        </button>
      </div>
    </section>
  );
}

/** Every word of the search is somewhere in what the server is called and does. */
function matches({ key, name, description }: ConsentServer, search: string): boolean {
  const text = `${key} ${name} ${description}`.toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
