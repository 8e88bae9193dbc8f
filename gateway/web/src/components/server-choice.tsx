import { type FormEvent, useId, useState } from "react";
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
  /** Keys of the servers that are ticked. */
  readonly ticked: ReadonlySet<string>;
  readonly onTick: (ticked: ReadonlySet<string>) => void;
  readonly onChoose: () => void;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** From so many servers on there is a field to search in. */
const searchFrom = 7;

/** The client left it to the human: which of the servers that an admin granted them? Choosing grants nothing yet. */
export function ServerChoice(props: ServerChoiceProps) {
  const { view, choice, query, ticked, onTick, onChoose, onDone, onReload } = props;
  const [search, setSearch] = useState("");
  const { deny, sending, failure } = useDeny(query, (redirect) => onDone(false, redirect));
  const searchId = useId();
  const found = choice.servers.filter((server) => matches(server, search));
  const many = choice.servers.length >= searchFrom;
  const none = choice.servers.length === 0;
  const full = ticked.size >= choice.most;
  const toggle = (key: string) => {
    const next = new Set(ticked);
    if (!next.delete(key)) next.add(key);
    onTick(next);
  };
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (ticked.size > 0 && !sending) onChoose();
  };
  return (
    <form className="card" aria-busy={sending} onSubmit={go}>
      <p className="lead">
        <bdi className="client-name">{clientNameOf(view.client)}</bdi> asks to use your servers in your name.{" "}
        {none ? "You have none yet." : "Which ones?"}
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
      {none ? null : (
        <>
          <ul className="servers" aria-label="Servers">
            {found.map((server) => (
              <li key={server.key}>
                <label className="server-option">
                  <input
                    type="checkbox"
                    checked={ticked.has(server.key)}
                    disabled={sending || (full && !ticked.has(server.key))}
                    onChange={() => toggle(server.key)}
                  />
                  <span className="server-text">
                    <span className="server-name">{server.name}</span>
                    {server.description === "" ? null : <span className="hint">{server.description}</span>}
                    <span className="server-limit">
                      Up to {levelWords[server.ceiling].name} ({server.ceiling})
                    </span>
                  </span>
                </label>
              </li>
            ))}
          </ul>
          <p className="hint" role="status">
            {chosenText(ticked.size, choice.most)}
          </p>
        </>
      )}
      <RequestFacts view={view} />
      {failure === undefined ? null : <ConsentFailed error={failure} query={query} onReload={onReload} />}
      <div className="actions actions-sticky">
        {none ? null : (
          <button type="submit" className="button button-primary" disabled={sending || ticked.size === 0}>
            Continue
          </button>
        )}
        <button type="button" className="button" disabled={sending} onClick={deny}>
          {sending ? "Sending…" : "Deny"}
        </button>
      </div>
    </form>
  );
}

function chosenText(count: number, most: number): string {
  if (count === 0) return "Choose one or several. You say how much it may do on each of them on the next page.";
  if (count >= most) return `${count} chosen, which is as many as one agent can have.`;
  if (count === 1) return "1 chosen.";
  return `${count} chosen. The agent sees the tools of all of them, each with its server's name in front.`;
}

/** Every word of the search is somewhere in what the server is called and does. */
function matches({ key, name, description }: ConsentServer, search: string): boolean {
  const text = `${key} ${name} ${description}`.toLocaleLowerCase();
  return search
    .toLocaleLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
