import { type ReactNode, useEffect, useRef } from "react";

interface PageProps {
  /** The main heading, also the browser's title. */
  readonly title: string;
  /** Small line above the heading: which host this is. */
  readonly host?: string | undefined;
  /** Moves focus to the heading: for content that replaces what the human was just using. */
  readonly takeFocus?: boolean;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** The frame of every page. */
export function Page({ title, host, takeFocus = false, wide = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = host === undefined ? title : `${title} · ${host}`;
  }, [title, host]);
  useEffect(() => {
    if (takeFocus) heading.current?.focus();
  }, [takeFocus]);
  return (
    <main className={wide ? "page page-wide" : "page"}>
      <header className="page-header">
        <p className="page-host">{host ?? "MCP gateway"}</p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </header>
      {children}
    </main>
  );
}
