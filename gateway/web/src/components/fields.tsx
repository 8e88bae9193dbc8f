import { type Ref, useId } from "react";

interface EmailFieldProps {
  readonly defaultValue?: string;
  /** Called with what was typed when the human leaves the field. */
  readonly onLeave?: (email: string) => void;
}

export function EmailField({ defaultValue = "", onLeave }: EmailFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>E-mail address</label>
      <input
        id={id}
        name="email"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        defaultValue={defaultValue}
        onBlur={(event) => onLeave?.(event.currentTarget.value.trim())}
        required
      />
    </div>
  );
}

interface UrlFieldProps {
  readonly label: string;
  readonly hint: string;
  readonly disabled: boolean;
}

/** The address of a server. Plain text, so that the gateway says what is wrong with it and not the browser. */
export function UrlField({ label, hint, disabled }: UrlFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name="url"
        type="text"
        inputMode="url"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-describedby={`${id}-hint`}
        maxLength={500}
        disabled={disabled}
        required
      />
      <p className="hint" id={`${id}-hint`}>
        {hint}
      </p>
    </div>
  );
}

interface PasswordFieldProps {
  readonly label: string;
  readonly name: string;
  readonly use: "current-password" | "new-password";
  readonly input?: Ref<HTMLInputElement>;
}

export function PasswordField({ label, name, use, input }: PasswordFieldProps) {
  const id = useId();
  const isNew = use === "new-password";
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        ref={input}
        id={id}
        name={name}
        type="password"
        autoComplete={use}
        aria-describedby={isNew ? `${id}-hint` : undefined}
        {...(isNew ? { minLength: 8, maxLength: 128 } : {})}
        required
      />
      {isNew ? (
        <p className="hint" id={`${id}-hint`}>
          At least 8 characters.
        </p>
      ) : null}
    </div>
  );
}

/** Six digits. Whatever is pasted around them, such as a space in the middle, is left out. */
export function CodeField() {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>Code from the mail</label>
      <input
        id={id}
        className="code"
        name="code"
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        pattern="[0-9]{6}"
        title="Six digits"
        onInput={({ currentTarget: input }) => {
          const digits = input.value.replaceAll(/\D/g, "").slice(0, 6);
          if (digits !== input.value) input.value = digits;
        }}
        // The page has just asked for it: it is what the human does next.
        ref={focusOnce}
        required
      />
    </div>
  );
}

function focusOnce(input: HTMLInputElement | null): void {
  input?.focus();
}
