import { useState } from "react";
import type { GrantView, Level } from "../../../src/consent/contract.ts";
import { lowerGrant } from "../api.ts";
import { levelsBelow, levelWords, reaches } from "../levels.ts";
import { clientNameOf } from "../plain-text.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

interface LowerDialogProps {
  readonly grant: GrantView;
  readonly onClose: () => void;
  readonly onLowered: (level: Level) => void;
}

/** Gives an agent less on a server. For more it has to ask: the human would otherwise not see who asks. */
export function LowerDialog({ grant, onClose, onLowered }: LowerDialogProps) {
  const below = levelsBelow(grant.level);
  const [level, setLevel] = useState<Level>(below.at(-1) ?? "low");
  return (
    <ConfirmDialog
      title={
        <>
          How much may <bdi>{clientNameOf(grant.client)}</bdi> still do on {grant.server.name}?
        </>
      }
      confirm={{ label: "Lower", busy: "Lowering…", danger: false }}
      keep="Keep"
      onConfirm={() => lowerGrant(grant.id, level)}
      onDone={() => onLowered(level)}
      onClose={onClose}
    >
      <fieldset className="lower-choice">
        <legend>
          It has {levelWords[grant.level].name} ({grant.level}) now. From its next call on:
        </legend>
        {below.map((step) => (
          <label key={step}>
            <input type="radio" name="lower" checked={step === level} onChange={() => setLevel(step)} />
            <span>
              <strong>
                {levelWords[step].name} ({step})
              </strong>
              : {levelWords[step].meaning} {grant.tools.filter((tool) => reaches(step, tool.trust)).length} of{" "}
              {grant.tools.length} tools allowed.
            </span>
          </label>
        ))}
      </fieldset>
      <p className="hint">To give it more again, connect again from the client.</p>
    </ConfirmDialog>
  );
}
