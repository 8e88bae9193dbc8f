import { useId, useLayoutEffect, useRef, useState } from "react";
import type { GrantView } from "../../../src/consent/contract.ts";
import { type ApiError, revokeGrant } from "../api.ts";
import { clientNameOf } from "../plain-text.ts";
import { apiErrorOf } from "../use-loaded.ts";
import { Notice } from "./notice.tsx";

interface RevokeDialogProps {
  readonly grant: GrantView;
  readonly onClose: () => void;
  readonly onRevoked: () => void;
}

/** Asks once more. A native modal dialog: keeps the focus inside, Escape closes it, focus goes back afterwards. */
export function RevokeDialog({ grant, onClose, onRevoked }: RevokeDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();
  const client = clientNameOf(grant.client);

  // A layout effect, because only closing before the dialog leaves the document gives the focus back.
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);

  async function revoke() {
    setSending(true);
    setFailure(undefined);
    try {
      await revokeGrant(grant.id);
      onRevoked();
    } catch (error) {
      setFailure(apiErrorOf(error));
      setSending(false);
    }
  }

  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        // While the request is under way its outcome must be seen.
        event.preventDefault();
        if (!sending) onClose();
      }}
    >
      <h2 id={titleId}>
        Revoke <bdi>{client}</bdi> on {grant.server}?
      </h2>
      <p>Its next call is refused. It can ask again, and you decide again.</p>
      {failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{failure.message}</p>
        </Notice>
      )}
      <div className="actions">
        <button type="button" className="button button-danger" disabled={sending} onClick={() => void revoke()}>
          {sending ? "Revoking…" : "Revoke"}
        </button>
        <button type="button" className="button" disabled={sending} onClick={onClose}>
          Keep
        </button>
      </div>
    </dialog>
  );
}
