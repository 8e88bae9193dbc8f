import { Page } from "../components/page.tsx";

/** Any other path. */
export function NotFoundPage() {
  return (
    <Page title="There is no such page">
      <p>
        Check the address, or see <a href="/">your agents</a>.
      </p>
    </Page>
  );
}
