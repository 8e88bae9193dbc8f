import { useState } from "react";
import type { ConsentChoice, ConsentView } from "../../../src/consent/contract.ts";
import { useChosen } from "../use-chosen.ts";
import { ConsentForm } from "./consent-form.tsx";
import { EnterServer } from "./enter-server.tsx";
import { Page } from "./page.tsx";
import { ServerChoice } from "./server-choice.tsx";

interface ChooseAndConsentProps {
  readonly view: ConsentView;
  readonly choice: ConsentChoice;
  readonly query: string;
  /** Keys of a server that the human has just connected, and of those that were ticked then. */
  readonly entered: readonly string[] | undefined;
  readonly onEntered: (keys: readonly string[]) => void;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** Two steps: which servers, and how much of each. With a single server there is nothing to choose. */
export function ChooseAndConsent({ view, choice, entered, onEntered, ...rest }: ChooseAndConsentProps) {
  const { entering } = choice;
  const only = choice.servers.length === 1 && entering === null ? choice.servers.map(({ key }) => key) : undefined;
  const preselected = entered ?? choice.preselected;
  const initial = preselected.length > 0 ? preselected : only;
  const { chosen, choose, back } = useChosen(initial);
  // What was ticked stays ticked on the way back.
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set(preselected));
  const servers = choice.servers.filter(({ key }) => chosen?.includes(key));
  if (servers.length === 0) {
    return (
      <Page key="choose" title="Choose servers" host={view.host.name} takeFocus wide>
        <ServerChoice
          view={view}
          choice={choice}
          ticked={ticked}
          onTick={setTicked}
          onChoose={() => choose([...ticked])}
          {...rest}
        />
        {entering === null ? null : (
          <EnterServer
            entering={entering}
            query={rest.query}
            only={choice.servers.length === 0}
            onEntered={(key) => onEntered([...ticked, key])}
          />
        )}
      </Page>
    );
  }
  return (
    <Page
      key="consent"
      title="Connect an agent"
      host={view.host.name}
      takeFocus={chosen !== initial || entered !== undefined}
      wide
    >
      {only === undefined ? (
        <p>
          <button type="button" className="link" onClick={back}>
            Back to the choice of servers
          </button>
        </p>
      ) : null}
      <ConsentForm view={view} servers={servers} {...rest} />
    </Page>
  );
}
