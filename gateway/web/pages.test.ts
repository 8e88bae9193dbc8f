import { describe, expect, it } from "vitest";
import { noChromium } from "./test/browser.ts";
import { accountView, consentView, grants, signedQuery, signInView } from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";

const ok = (body: unknown) => ({ status: 200, body });

describe.skipIf(noChromium)("the pages", () => {
  const tests = pageTests();

  describe("the sign-in page", () => {
    async function openAndSend(path: string) {
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["password"])));
      const page = await tests.open(path);
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByLabel("Password").fill("correct horse battery");
      await page.getByRole("button", { name: "Sign in" }).click();
      return page;
    }
    const onward = () => ({
      status: 303,
      headers: { location: `${tests.gateway.origin}/client/callback?code=1` },
    });

    it("signs in and goes on with the query as it came", async () => {
      tests.gateway.api.set("POST /api/auth/sign-in/email", { ...ok({}), hang: true });
      tests.gateway.api.set("GET /api/sign-in/continue", onward());
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
          body: { email: "developer@example.com", password: "correct horse battery" },
        },
      ]);
      expect(tests.gateway.seen.map(({ url }) => url)).toContain(`/api/sign-in/continue?${signedQuery}`);
    });

    it("without a query signs in and goes to the agents", async () => {
      tests.gateway.api.set("POST /api/auth/sign-in/email", ok({}));
      tests.gateway.api.set("GET /api/grants", ok({ grants: [] }));
      const page = await openAndSend("/sign-in");
      await page.getByText("No agent acts in your name.").waitFor();
    });

    it.each([
      [
        "a wrong password",
        { status: 401, body: { code: "INVALID_EMAIL_OR_PASSWORD", message: "Invalid email or password" } },
        "The e-mail address or the password is wrong.",
      ],
      ["too many attempts", { status: 429, headers: { "retry-after": "240" } }, "Too many attempts. Wait 4 minutes"],
      ["no answer", "drop" as const, "The gateway does not answer."],
    ])("says what to do after %s, and forgets the password", async (_name, answer, sentence) => {
      tests.gateway.api.set("POST /api/auth/sign-in/email", answer);
      const page = await openAndSend(`/sign-in?${signedQuery}`);
      await page.getByRole("alert").filter({ hasText: sentence }).waitFor();
      expect(await page.getByLabel("E-mail address").inputValue()).toBe("developer@example.com");
      expect(await page.getByLabel("Password").inputValue()).toBe("");
      expect(await page.getByRole("button", { name: "Sign in" }).isEnabled()).toBe(true);
      expect(new URL(page.url()).pathname).toBe("/sign-in");
    });

    it("shows the methods in the gateway's order, and lets password managers fill them in", async () => {
      const methods = ["passkey", "google", "github", "microsoft", "oidc", "password", "otp"] as const;
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(methods)));
      const page = await tests.open("/sign-in");
      await page.getByRole("link", { name: "Create an account" }).waitFor();
      expect(await page.locator("button").allTextContents()).toEqual([
        "Sign in with a passkey",
        "Continue with Google",
        "Continue with GitHub",
        "Continue with Microsoft",
        "Continue with your organization",
        "Sign in",
        "E-mail me a code",
      ]);
      const form = page.locator("form").first();
      expect(await form.getByLabel("E-mail address").getAttribute("autocomplete")).toBe("username");
      expect(await form.getByLabel("Password").getAttribute("autocomplete")).toBe("current-password");
    });

    it("offers no account without a method that can make one, and nothing where no method is on", async () => {
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["google"])));
      const page = await tests.open("/sign-in");
      await page.getByRole("button", { name: "Continue with Google" }).waitFor();
      expect(await page.getByRole("link").count()).toBe(0);
      tests.gateway.api.set("GET /api/sign-in", ok(signInView([])));
      await page.reload();
      await page.getByRole("alert").filter({ hasText: "Ask an admin how to sign in." }).waitFor();
      expect(await page.locator("input, button").count()).toBe(0);
    });

    it("takes a code as it was copied, and a new one can be sent", async () => {
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["otp"])));
      tests.gateway.api.set("POST /api/auth/email-otp/send-verification-otp", ok({ sent: true }));
      tests.gateway.api.set("POST /api/auth/sign-in/email-otp", ok({}));
      tests.gateway.api.set("GET /api/sign-in/continue", onward());
      const page = await tests.open(`/sign-in?${signedQuery}`);
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByRole("button", { name: "E-mail me a code" }).click();
      const code = page.getByLabel("Code from the mail");
      await code.waitFor();
      expect(await code.evaluate((input) => input === document.activeElement)).toBe(true);
      expect([await code.getAttribute("autocomplete"), await code.getAttribute("inputmode")]).toEqual([
        "one-time-code",
        "numeric",
      ]);
      await page.getByRole("button", { name: "Send a new code" }).click();
      await page.getByRole("status").filter({ hasText: "A new code is on its way." }).waitFor();
      await code.fill(" 123-456 ");
      expect(await code.inputValue()).toBe("123456");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL("**/client/callback?code=1");
      const [first, second, third] = tests.gateway.posts.map(({ body }) => body);
      expect([first, second, third]).toEqual([
        { email: "developer@example.com" },
        { email: "developer@example.com" },
        { email: "developer@example.com", code: "123456" },
      ]);
    });

    const organization = signInView(["saml", "password"], { redirectDomains: ["example.com"] });

    it("sends whoever types an address of a redirected domain to the identity provider at once", async () => {
      tests.gateway.api.set("GET /api/sign-in", ok(organization));
      const url = `${tests.gateway.origin}/client/callback?code=1`;
      tests.gateway.api.set("POST /api/sign-in/redirect", ok({ url }));
      const page = await tests.open(`/sign-in?${signedQuery}`);
      await page.getByLabel("E-mail address").fill("Developer@Example.com");
      await page.keyboard.press("Tab");
      await page.waitForURL("**/client/callback?code=1");
      expect(tests.gateway.posts.map(({ body }) => body)).toEqual([
        { method: "saml", query: signedQuery, email: "Developer@Example.com" },
      ]);
    });

    it("stays on the page after that failed, and says so in words of its own", async () => {
      tests.gateway.api.set("GET /api/sign-in", ok(organization));
      tests.gateway.api.set("POST /api/auth/sign-in/email", { status: 401 });
      const page = await tests.open(`/sign-in?${signedQuery}#failed=EMAIL_NOT_PROVEN`);
      await page.getByRole("alert").filter({ hasText: "has verified your e-mail address" }).waitFor();
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByLabel("Password").fill("correct horse battery");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").filter({ hasText: "is wrong" }).waitFor();
      expect(tests.gateway.posts.map(({ url }) => url)).toEqual(["/api/auth/sign-in/email"]);
    });

    it.each(["#failed=<b>x</b>", "#failed=toString", "#failed=CALL+THIS+NUMBER", "#sso=failed"])(
      "shows nothing of a made-up %s",
      async (fragment) => {
        tests.gateway.api.set("GET /api/sign-in", ok(organization));
        const page = await tests.open(`/sign-in${fragment}`);
        await page.getByLabel("Password").waitFor();
        const alerts = await page.getByRole("alert").allTextContents();
        expect(alerts.filter((text) => !text.startsWith("The sign-in at the identity provider failed"))).toEqual([]);
      },
    );
  });

  describe("passwords", () => {
    it("an account is made of a code and a password", async () => {
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["password"])));
      tests.gateway.api.set("POST /api/sign-up/code", ok({ sent: true }));
      tests.gateway.api.set("POST /api/sign-up", {
        status: 400,
        body: { error: "CODE_WRONG", message: "Wrong code." },
      });
      const page = await tests.open(`/sign-up?${signedQuery}`);
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByLabel("Code from the mail").fill("123456");
      const password = page.getByLabel("Choose a password");
      expect(await password.getAttribute("autocomplete")).toBe("new-password");
      await password.fill("correct horse battery");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByRole("alert").filter({ hasText: "Wrong code." }).waitFor();
      expect(tests.gateway.posts.at(-1)?.body).toEqual({
        email: "developer@example.com",
        code: "123456",
        password: "correct horse battery",
      });
    });

    it("a forgotten one: the page says the same for every address", async () => {
      tests.gateway.api.set("POST /api/auth/request-password-reset", ok({ sent: true }));
      const page = await tests.open(`/forgot-password?${signedQuery}`);
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByRole("button", { name: "E-mail me a link" }).click();
      await page.getByRole("status").filter({ hasText: "If developer@example.com has an account here" }).waitFor();
      expect(await page.getByRole("link", { name: "Back to sign-in" }).getAttribute("href")).toBe(
        `/sign-in?${signedQuery}`,
      );
    });

    it("a new one: the link's token leaves the address bar and goes to the gateway alone", async () => {
      tests.gateway.api.set("POST /api/auth/reset-password", ok({}));
      const page = await tests.open("/reset-password#secret-token");
      await page.getByLabel("New password").waitFor();
      expect(page.url()).toBe(`${tests.gateway.origin}/reset-password`);
      await page.getByLabel("New password").fill("correct horse battery");
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByRole("heading", { name: "Password changed" }).waitFor();
      expect(tests.gateway.posts.map(({ body }) => body)).toEqual([
        { token: "secret-token", password: "correct horse battery" },
      ]);
      await tests.open("/reset-password");
      await page.getByRole("alert").filter({ hasText: "not complete" }).waitFor();
    });
  });

  describe("the account page", () => {
    it("changes the password, removes a passkey and signs out", async () => {
      tests.gateway.api.set("GET /api/account", ok(accountView));
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["password"])));
      tests.gateway.api.set("POST /api/auth/change-password", ok({}));
      tests.gateway.api.set("POST /api/auth/passkey/delete-passkey", ok({}));
      tests.gateway.api.set("POST /api/auth/sign-out", ok({ success: true }));
      const page = await tests.open("/account");
      await page.getByLabel("Current password").fill("correct horse battery");
      await page.getByLabel("New password").fill("another good password");
      await page.getByRole("button", { name: "Change password" }).click();
      await page.getByRole("status").filter({ hasText: "Your password was changed." }).waitFor();
      expect(await page.getByLabel("Current password").inputValue()).toBe("");
      await page.getByRole("button", { name: "Remove Phone" }).click();
      await page.getByText("Work laptop").waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL("**/sign-in");
      expect(tests.gateway.posts.map(({ url, body }) => [url, body])).toEqual([
        ["/api/auth/change-password", { current: "correct horse battery", password: "another good password" }],
        ["/api/auth/passkey/delete-passkey", { id: "passkey-2" }],
        ["/api/auth/sign-out", {}],
      ]);
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
      // The list is read anew.
      await expect.poll(() => page.locator(".agent").count()).toBe(1);
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
      tests.gateway.api.set("GET /api/sign-in", ok(signInView(["password"])));
      const url = `${tests.gateway.origin}/consent?${signedQuery}`;
      tests.gateway.api.set("POST /api/auth/sign-in/email", ok({}));
      tests.gateway.api.set("GET /api/sign-in/continue", { status: 303, headers: { location: url } });
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
        servers: [{ server: "issues", level: "medium" }],
      });
    });
  });
});
