import type { ConsentChoice, ConsentView } from "../../../src/consent/contract.ts";
import { useChosen } from "../use-chosen.ts";
import { ConsentForm } from "./consent-form.tsx";
import { Page } from "./page.tsx";
import { ServerChoice } from "./server-choice.tsx";

interface ChooseAndConsentProps {
  readonly view: ConsentView;
  readonly choice: ConsentChoice;
  readonly query: string;
  readonly onDone: (accepted: boolean, redirect: string) => void;
  readonly onReload: () => void;
}

/** Two steps: which server, and how much of it. With a single server there is nothing to choose. */
export function ChooseAndConsent({ view, choice, ...rest }: ChooseAndConsentProps) {
  const only = choice.servers.length === 1 ? choice.servers[0]?.key : undefined;
  const initial = choice.preselected[0] ?? only;
  const { chosen, choose, back } = useChosen(initial);
  const server = choice.servers.find(({ key }) => key === chosen);
  if (server === undefined) {
    return (
      <Page key="choose" title="Choose a server" host={view.host.name} takeFocus wide>
        <ServerChoice view={view} choice={choice} onChoose={({ key }) => choose(key)} {...rest} />
      </Page>
    );
  }
  return (
    <Page key="consent" title="Connect an agent" host={view.host.name} takeFocus={chosen !== initial} wide>
      {only === undefined ? (
        <p>
          <button type="button" className="link" onClick={back}>
            Choose another server
          </button>
        </p>
      ) : null}
      <ConsentForm view={view} server={server} {...rest} />
    </Page>
  );
}
