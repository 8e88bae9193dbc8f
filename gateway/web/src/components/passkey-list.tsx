import { useId } from "react";
import type { PasskeyView } from "../../../src/sign-in/contract.ts";
import { addPasskey, removePasskey } from "../passkeys.ts";
import { useSending } from "../use-sending.ts";
import { FormCard, textOf } from "./form-card.tsx";
import { Moment } from "./moment.tsx";

interface PasskeyListProps {
  readonly passkeys: readonly PasskeyView[];
  readonly onChange: () => void;
}

/** The passkeys of the account, and adding one. */
export function PasskeyList({ passkeys, onChange }: PasskeyListProps) {
  const sending = useSending();
  const id = useId();
  return (
    <FormCard
      sending={sending}
      submit="Add a passkey"
      submitting="Waiting…"
      onSubmit={(form) =>
        sending.start(async () => {
          await addPasskey(textOf(form, "name"));
          onChange();
          return undefined;
        })
      }
    >
      <h2>Passkeys</h2>
      {passkeys.length === 0 ? (
        <p>You have none yet. With one you sign in without a password, by fingerprint, face or the device’s PIN.</p>
      ) : (
        <ul className="passkeys">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <span className="passkey">
                <bdi>{passkey.name}</bdi>
                <span className="hint">
                  since <Moment iso={passkey.createdAt} />
                </span>
              </span>
              <button
                type="button"
                className="button button-danger"
                aria-label={`Remove ${passkey.name}`}
                disabled={sending.busy}
                onClick={() =>
                  sending.start(async () => {
                    await removePasskey(passkey.id);
                    onChange();
                    return undefined;
                  })
                }
              >
                Remove
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className="field">
        <label htmlFor={id}>Name of a new one</label>
        <input id={id} name="name" type="text" maxLength={80} defaultValue="This device" required />
      </div>
    </FormCard>
  );
}
