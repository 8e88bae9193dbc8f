import { AccountPage } from "./pages/account-page.tsx";
import { AgentsPage } from "./pages/agents-page.tsx";
import { ConnectPage } from "./pages/connect-page.tsx";
import { ConsentPage } from "./pages/consent-page.tsx";
import { ErrorPage } from "./pages/error-page.tsx";
import { ForgotPasswordPage } from "./pages/forgot-password-page.tsx";
import { NotFoundPage } from "./pages/not-found-page.tsx";
import { ResetPasswordPage } from "./pages/reset-password-page.tsx";
import { SignInPage } from "./pages/sign-in-page.tsx";
import { SignUpPage } from "./pages/sign-up-page.tsx";

/** The page of the current path. Every change of page is a real navigation, so there is nothing to listen to. */
export function App() {
  const { pathname, search } = window.location;
  // The signed query is passed on as it came: re-encoding it would break its signature.
  const query = search.slice(1);
  const connecting = /^\/connect\/([A-Za-z0-9_-]+)$/.exec(pathname)?.[1];
  if (connecting !== undefined) return <ConnectPage server={connecting} />;
  switch (pathname) {
    case "/":
      return <AgentsPage />;
    case "/sign-in":
      return <SignInPage query={query} />;
    case "/sign-up":
      return <SignUpPage query={query} />;
    case "/forgot-password":
      return <ForgotPasswordPage query={query} />;
    case "/reset-password":
      return <ResetPasswordPage />;
    case "/account":
      return <AccountPage />;
    case "/consent":
      return <ConsentPage query={query} />;
    case "/error":
      return <ErrorPage query={query} />;
    default:
      return <NotFoundPage />;
  }
}
