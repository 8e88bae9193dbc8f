import type { FormEvent, ReactNode } from "react";
import { sentenceOf } from "../sign-in-api.ts";
import type { Sending } from "../use-sending.ts";
import { Notice } from "./notice.tsx";

interface FormCardProps {
  readonly sending: Sending;
  readonly submit: string;
  readonly submitting: string;
  readonly onSubmit: (form: FormData) => void;
  readonly children: ReactNode;
  /** Below the button. */
  readonly more?: ReactNode;
}

/** A form with its failure on top and its button below. */
export function FormCard({ sending, submit, submitting, onSubmit, children, more }: FormCardProps) {
  function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (!sending.busy) onSubmit(new FormData(event.currentTarget));
  }
  return (
    <form className="card" aria-busy={sending.busy} onSubmit={send}>
      {sending.failure === undefined ? null : (
        <Notice kind="problem" takeFocus>
          <p>{sentenceOf(sending.failure)}</p>
        </Notice>
      )}
      {children}
      <div className="actions">
        <button type="submit" className="button button-primary" disabled={sending.busy}>
          {sending.busy ? submitting : submit}
        </button>
      </div>
      {more}
    </form>
  );
}

/** A field of a form as text, without the spaces that copying brings. */
export function textOf(form: FormData, name: string): string {
  return String(form.get(name) ?? "").trim();
}
