import type { ReactNode } from "react";
import { Notice } from "./notice.tsx";
import { Page } from "./page.tsx";

interface SignInFirstProps {
  readonly title: string;
  /** One sentence: what there is to see afterwards. */
  readonly children: ReactNode;
  /** What goes on afterwards: the signed query of an authorization request, or `connect=` and a server. */
  readonly query?: string;
}

/** In place of a page that is for signed-in humans only. */
export function SignInFirst({ title, children, query }: SignInFirstProps) {
  return (
    <Page title={title}>
      <Notice kind="neutral">
        <p>{children}</p>
      </Notice>
      <div className="actions">
        <a className="button button-primary" href={query === undefined ? "/sign-in" : `/sign-in?${query}`}>
          Sign in
        </a>
      </div>
    </Page>
  );
}
