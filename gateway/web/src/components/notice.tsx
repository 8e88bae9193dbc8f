import { type ReactNode, useEffect, useRef } from "react";

interface NoticeProps {
  readonly kind: "problem" | "done" | "neutral";
  readonly title?: string;
  /** Moves focus here when it appears, because what the human had focused is gone or disabled. */
  readonly takeFocus?: boolean;
  readonly children: ReactNode;
}

/** A result, announced to screen readers: problems at once, the rest when they have time. */
export function Notice({ kind, title, takeFocus = false, children }: NoticeProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);
  return (
    <div ref={box} tabIndex={-1} className={`notice notice-${kind}`} role={kind === "problem" ? "alert" : "status"}>
      {title === undefined ? null : <p className="notice-title">{title}</p>}
      {children}
    </div>
  );
}
