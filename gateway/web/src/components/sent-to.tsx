import { useState } from "react";
import type { Sending } from "../use-sending.ts";
import { Notice } from "./notice.tsx";

interface SentToProps {
  readonly sending: Sending;
  readonly onResend: () => Promise<void>;
  readonly onOther: () => void;
}

/** What to do when no code came. */
export function SentTo({ sending, onResend, onOther }: SentToProps) {
  const [again, setAgain] = useState(0);
  return (
    <>
      {again === 0 ? null : (
        <Notice kind="done" key={again}>
          <p>A new code is on its way. The one before does not work any more.</p>
        </Notice>
      )}
      <p className="links">
        <button
          type="button"
          className="link"
          disabled={sending.busy}
          onClick={() =>
            sending.start(async () => {
              await onResend();
              setAgain(again + 1);
              return undefined;
            })
          }
        >
          Send a new code
        </button>
        <button type="button" className="link" disabled={sending.busy} onClick={onOther}>
          Use another address
        </button>
      </p>
    </>
  );
}
