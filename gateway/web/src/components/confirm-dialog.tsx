import { type ReactNode, useId, useLayoutEffect, useRef, useState } from "react";
import type { ApiError } from "../api.ts";
import { apiErrorOf } from "../use-loaded.ts";
import { Notice } from "./notice.tsx";

interface ConfirmDialogProps {
  readonly title: ReactNode;
  readonly children: ReactNode;
  /** The words of the button, before and while it works. */
  readonly confirm: { readonly label: string; readonly busy: string; readonly danger: boolean };
  readonly keep: string;
  /** What is confirmed. Its failure is shown and nothing closes. */
  readonly onConfirm: () => Promise<void>;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks once more. A native modal dialog: keeps the focus inside, Escape closes it, focus goes back afterwards. */
export function ConfirmDialog({ title, children, confirm, keep, onConfirm, onDone, onClose }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<ApiError>();

  // A layout effect, because only closing before the dialog leaves the document gives the focus back.
  useLayoutEffect(() => {
    const opened = dialog.current;
    opened?.showModal();
    return () => opened?.close();
  }, []);

  async function send() {
    setSending(true);
    setFailure(undefined);
    try {
      await onConfirm();
      onDone();
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
      <h2 id={titleId}>{title}</h2>
      {children}
      {failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{failure.message}</p>
        </Notice>
      )}
      <div className="actions">
        <button
          type="button"
          className={`button ${confirm.danger ? "button-danger" : "button-primary"}`}
          disabled={sending}
          onClick={() => void send()}
        >
          {sending ? confirm.busy : confirm.label}
        </button>
        <button type="button" className="button" disabled={sending} onClick={onClose}>
          {keep}
        </button>
      </div>
    </dialog>
  );
}
