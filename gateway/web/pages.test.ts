import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { consentView, grants, signedQuery } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

const signInView = { status: 200, body: { host: { name: "Demo" }, password: true } };

describe.skipIf(noChromium)("the pages", () => {
  const tests = pageTests();

  describe("the sign-in page", () => {
    async function openAndSend(path: string) {
      tests.gateway.api.set("GET /api/sign-in", signInView);
      const page = await tests.open(path);
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByLabel("Password").fill("correct horse battery");
      await page.getByRole("button", { name: "Sign in" }).click();
      return page;
    }

    it("passes the signed query on as it came and follows the answer", async () => {
      const url = `${tests.gateway.origin}/client/callback?code=1`;
      tests.gateway.api.set("POST /api/auth/sign-in/email", { status: 200, body: { redirect: true, url }, hang: true });
      const page = await openAndSend(`/sign-in?${signedQuery}`);
      expect(await page.getByRole("button", { name: "Signing in…" }).isDisabled()).toBe(true);
      await page.locator("form").evaluate((form: HTMLFormElement) => form.requestSubmit());
      tests.gateway.release();
      await page.waitForURL("**/client/callback?code=1");
      expect(tests.gateway.posts).toEqual([
        {
          method: "POST",
          url: "/api/auth/sign-in/email",
          contentType: "application/json",
          body: { email: "developer@example.com", password: "correct horse battery", oauth_query: signedQuery },
        },
      ]);
    });

    it("without a query signs in and goes to the agents", async () => {
      tests.gateway.api.set("POST /api/auth/sign-in/email", { status: 200, body: { redirect: false, token: "t" } });
      tests.gateway.api.set("GET /api/grants", { status: 200, body: { grants: [] } });
      const page = await openAndSend("/sign-in");
      await page.getByText("No agent acts in your name.").waitFor();
      expect(tests.gateway.posts.map((post) => post.body)).toEqual([
        { email: "developer@example.com", password: "correct horse battery" },
      ]);
    });

    it.each([
      [
        "a wrong password",
        { status: 401, body: { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" } },
        "The e-mail address or the password is wrong.",
      ],
      ["too many attempts", { status: 429, headers: { "retry-after": "240" } }, "Too many attempts. Wait 4 minutes"],
      [
        "the library's own limit",
        { status: 429, headers: { "x-retry-after": "9" } },
        "Too many attempts. Wait 9 seconds",
      ],
      ["a changed query", { status: 400, body: { error: "invalid_signature" } }, "This sign-in request has expired."],
      ["no answer", "drop" as const, "The gateway does not answer."],
      ["an answer without a way on", { status: 200, body: { token: "t" } }, "could not be read"],
    ])("says what to do after %s, and forgets the password", async (_name, answer, sentence) => {
      tests.gateway.api.set("POST /api/auth/sign-in/email", answer);
      const page = await openAndSend(`/sign-in?${signedQuery}`);
      await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
      expect(await page.getByLabel("E-mail address").inputValue()).toBe("developer@example.com");
      expect(await page.getByLabel("Password").inputValue()).toBe("");
      expect(await page.getByRole("button", { name: "Sign in" }).isEnabled()).toBe(true);
      expect(new URL(page.url()).pathname).toBe("/sign-in");
    });

    it("lets password managers fill it in", async () => {
      tests.gateway.api.set("GET /api/sign-in", signInView);
      const page = await tests.open("/sign-in");
      expect(await page.getByLabel("E-mail address").getAttribute("autocomplete")).toBe("username");
      expect(await page.getByLabel("Password").getAttribute("autocomplete")).toBe("current-password");
    });

    it("offers no form where passwords are off", async () => {
      tests.gateway.api.set("GET /api/sign-in", { status: 200, body: { host: { name: "Demo" }, password: false } });
      const page = await tests.open("/sign-in");
      await page.getByRole("alert").filter({ hasText: "Ask an admin how to sign in." }).waitFor();
      expect(await page.locator("input").count()).toBe(0);
    });
  });

  describe("the agents page", () => {
    it("lists agents and revokes one only after it is confirmed", async () => {
      tests.gateway.api.set("GET /api/grants", { status: 200, body: { grants } });
      tests.gateway.api.set("POST /api/grants/grant%2F2/revoke", { status: 204 });
      const page = await tests.open("/");
      await page.getByRole("heading", { name: "Example Editor" }).waitFor();
      const card = page.locator(".agent").first();
      expect(await card.textContent()).toContain("Write (medium)");
      expect(await card.locator("time").evaluateAll((all) => all.map((time) => time.getAttribute("datetime")))).toEqual(
        ["2026-03-02T09:15:00.000Z", "2026-03-04T16:40:00.000Z", "2026-05-31T09:15:00.000Z"],
      );

      const ask = page.getByRole("button", { name: "Revoke Example Assistant on Everything" });
      await ask.click();
      await page.getByRole("button", { name: "Keep" }).click();
      await ask.click();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      expect(await ask.evaluate((button) => button === document.activeElement)).toBe(true);
      expect(tests.gateway.posts).toEqual([]);

      await ask.click();
      tests.gateway.api.set("GET /api/grants", { status: 200, body: { grants: grants.slice(0, 1) } });
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("status").filter({ hasText: "Example Assistant can no longer use Everything" }).waitFor();
      await ask.waitFor({ state: "detached" });
      expect(tests.gateway.posts.map((post) => post.url)).toEqual(["/api/grants/grant%2F2/revoke"]);
      expect(await page.locator(".agent").count()).toBe(1);
    });

    it("keeps showing an agent that could not be revoked", async () => {
      tests.gateway.api.set("GET /api/grants", { status: 200, body: { grants } });
      const body = { error: "PERMIT_UNAVAILABLE", message: "Permit could not be reached, so nothing was changed." };
      tests.gateway.api.set("POST /api/grants/grant-1/revoke", { status: 503, body });
      const page = await tests.open("/");
      await page.getByRole("button", { name: "Revoke Example Editor on Issue tracker" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
      await page.getByRole("alert").filter({ hasText: "nothing was changed" }).waitFor();
      await page.getByRole("button", { name: "Keep" }).click();
      expect(await page.locator(".agent").count()).toBe(2);
      expect(await page.getByRole("status").count()).toBe(0);
    });

    it("says what an agent may do, and lowers it only to less and when confirmed", async () => {
      tests.gateway.api.set("GET /api/grants", { status: 200, body: { grants } });
      tests.gateway.api.set("POST /api/grants/grant-1/level", { status: 200, body: { id: "grant-1", level: "low" } });
      const page = await tests.open("/");
      const [editor, assistant] = [page.locator(".agent").first(), page.locator(".agent").last()];
      await editor.getByText("4 of 6 tools allowed").click();
      expect(await editor.getByText("Allowed", { exact: true }).count()).toBe(4);
      expect(await assistant.textContent()).toContain("so it has Write (medium) only");
      expect(await editor.getByRole("link").getAttribute("href")).toBe("/api/grants/grant-1/receipt");

      await page.getByRole("button", { name: "Lower Example Editor on Issue tracker" }).click();
      const dialog = page.getByRole("dialog");
      expect(await dialog.getByRole("radio").count()).toBe(1);
      await dialog.getByRole("button", { name: "Keep" }).click();
      expect(tests.gateway.posts).toEqual([]);
      await page.getByRole("button", { name: "Lower Example Editor on Issue tracker" }).click();
      await dialog.getByRole("button", { name: "Lower" }).click();
      await page.getByRole("status").filter({ hasText: "has Read (low) on Issue tracker now" }).waitFor();
      expect(tests.gateway.posts.map(({ body }) => body)).toEqual([{ level: "low" }]);
    });

    it("asks to sign in", async () => {
      tests.gateway.api.set("GET /api/grants", { status: 401, body: { error: "NOT_SIGNED_IN", message: "Sign in." } });
      const page = await tests.open("/");
      expect(await page.getByRole("link", { name: "Sign in" }).getAttribute("href")).toBe("/sign-in");
    });
  });

  describe("the error page", () => {
    it("shows the query's words as text, next to advice of our own", async () => {
      const description = encodeURIComponent(
        "<img src=x onerror=\"document.title='owned'\"><a href='//attacker.example'>here</a>",
      );
      const page = await tests.open(`/error?error=invalid_client&error_description=${description}`);
      await page.getByRole("alert").filter({ hasText: "does not know this client" }).waitFor();
      expect(await page.locator("q").textContent()).toContain("<img src=x onerror=");
      expect(await page.locator("main img").count()).toBe(0);
      expect(await page.getByRole("link").allInnerTexts()).toEqual(["your agents"]);
      expect(await page.title()).toBe("This could not go on");
    });

    it.each(["constructor", "__proto__", "something_else"])("has advice for the unknown code %s", async (code) => {
      const page = await tests.open(`/error?error=${code}`);
      await page.getByRole("alert").filter({ hasText: "The sign-in stopped." }).waitFor();
    });
  });

  describe("with the keyboard alone", () => {
    it("a human signs in, chooses a level and authorizes", async () => {
      tests.gateway.api.set("GET /api/sign-in", signInView);
      const url = `${tests.gateway.origin}/consent?${signedQuery}`;
      tests.gateway.api.set("POST /api/auth/sign-in/email", { status: 200, body: { redirect: true, url } });
      tests.gateway.api.set("GET /api/consent", { status: 200, body: consentView("medium") });
      const redirect = `${tests.gateway.origin}/client/callback?code=1`;
      tests.gateway.api.set("POST /api/consent", { status: 200, body: { redirect } });
      const page = await tests.open(`/sign-in?${signedQuery}`);
      await page.getByLabel("Password").waitFor();
      const keys = page.keyboard;
      await keys.press("Tab");
      await keys.type("developer@example.com");
      await keys.press("Tab");
      await keys.type("correct horse battery");
      await keys.press("Enter");
      await page.getByRole("button", { name: "Authorize" }).waitFor();

      await keys.press("Tab");
      const focused = () => page.evaluate(() => (document.activeElement as HTMLInputElement | null)?.value);
      expect(await focused()).toBe("low");
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
      expect(ring).toBe("solid");
      await keys.press("ArrowRight");
      expect(await focused()).toBe("medium");
      await keys.press("Tab");
      expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Authorize");
      await keys.press("Enter");
      await page.waitForURL("**/client/callback?code=1");
      expect(tests.gateway.posts.at(-1)?.body).toEqual({
        accept: true,
        query: signedQuery,
        server: "issues",
        level: "medium",
      });
    });
  });
});
