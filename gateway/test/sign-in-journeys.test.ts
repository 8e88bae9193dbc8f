/**
 * Every way to sign in, in a real browser, from a client's authorization request to the consent page: the application
 * with its pages, a mail server, an OpenID provider and a SAML identity provider, all of them real, on this machine.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { TestClient } from "../src/oauth/testing/test-client.ts";
import { TestHost } from "../src/oauth/testing/test-host.ts";
import { type MailCatcher, startMailCatcher } from "../testing/mail-catcher.ts";
import { openMemoryDatabase } from "../testing/memory-database.ts";
import { type OidcIdentityProvider, startOidcIdentityProvider } from "../testing/oidc-identity-provider.ts";
import { type SamlIdentityProvider, startSamlIdentityProvider } from "../testing/saml-identity-provider.ts";
import { noChromium, startBrowser } from "../web/test/browser.ts";
import { type BuiltPages, builtPages } from "../web/test/built-pages.ts";

const password = "correct horse battery";

describe.skipIf(noChromium)("from a client's request to the consent page", () => {
  let built: BuiltPages;
  let mail: MailCatcher;
  let host: TestHost;
  let oidc: OidcIdentityProvider;
  let saml: SamlIdentityProvider;
  let browser: Browser;
  let client: TestClient;
  let context: BrowserContext;
  const faults: string[] = [];
  const environment: Record<string, string> = { SMTP_FROM: "gateway@example.com" };

  beforeAll(async () => {
    built = await builtPages();
    mail = await startMailCatcher();
    environment.SMTP_URL = mail.url;
    host = await TestHost.start(await openMemoryDatabase(), { environment, webDir: built.folder });
    oidc = await startOidcIdentityProvider(host.publicUrl);
    saml = await startSamlIdentityProvider(host.publicUrl);
    environment.SECRET_OIDC = oidc.clientSecret;
    browser = await startBrowser();
    client = new TestClient(host.publicUrl);
    await client.register();
  });
  afterEach(async () => {
    await context.close();
    host.time.aheadMs += 60 * 60_000;
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await host?.close();
    await Promise.all([mail?.close(), oidc?.close(), saml?.close(), built?.remove()]);
  });

  /** A browser that has never been here, at the client's authorization request, under this policy. */
  async function arrive(signIn: object, email: string): Promise<Page> {
    await host.directory.change({ host: { sign_in: { password: { enabled: true }, ...signIn } } });
    host.facts.ceilingsOf[email] = { issues: "low" };
    context = await browser.newContext({ reducedMotion: "reduce" });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) faults.push(message.text());
    });
    await page.goto(client.authorizationUrl("issues").href);
    await page.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
    return page;
  }

  async function expectConsent(page: Page, email: string) {
    await page.getByRole("heading", { name: "Connect an agent" }).waitFor();
    await page.getByText(email).first().waitFor();
    expect(new URL(page.url()).pathname).toBe("/consent");
  }

  const oidcOn = () => ({
    oidc: {
      enabled: true,
      issuer: oidc.issuer,
      clientId: "gateway",
      clientSecret: { secret: "oidc" },
      forceRedirectDomains: ["example.com"],
    },
  });

  test("a new account, with the code of its mailbox; then by its password", async () => {
    const email = "new-developer@example.com";
    let page = await arrive({}, email);
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByLabel("Code from the mail").fill(await mail.code(email));
    await page.getByLabel("Choose a password").fill(password);
    await page.getByRole("button", { name: "Create account" }).click();
    await expectConsent(page, email);
    await context.close();

    page = await arrive({}, email);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expectConsent(page, email);
  });

  test("a code by mail", async () => {
    const email = "code@example.com";
    const page = await arrive({ otp: { enabled: true } }, email);
    const form = page.locator("form").last();
    await form.getByLabel("E-mail address").fill(email);
    await form.getByRole("button", { name: "E-mail me a code" }).click();
    const code = await mail.code(email);
    // As mail programs show it.
    await page.getByLabel("Code from the mail").fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await form.getByRole("button", { name: "Sign in" }).click();
    await expectConsent(page, email);
  });

  test("a passkey, which its human adds on the account page", async () => {
    const email = "developer@example.com";
    const page = await arrive({ passkey: { enabled: true } }, email);
    const devtools = await context.newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expectConsent(page, email);

    await page.goto(`${host.publicUrl}/account`);
    await page.getByLabel("Name of a new one").fill("Test laptop");
    await page.getByRole("button", { name: "Add a passkey" }).click();
    await page.getByText("Test laptop").waitFor();
    const { credentials } = await devtools.send("WebAuthn.getCredentials", { authenticatorId });
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: "localhost" }]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");

    const signInByPasskey = async () => {
      await page.goto(client.authorizationUrl("issues").href);
      await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    };
    // An authenticator that has not seen to its human is not enough: a stolen key would be.
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await signInByPasskey();
    await page.getByRole("alert").filter({ hasText: "No passkey was used." }).waitFor();
    // Nor is one that was asked for less than the gateway asks for.
    const options = "**/passkey/generate-authenticate-options";
    await page.route(options, async (route) => {
      const response = await route.fetch();
      const json = { ...((await response.json()) as object), userVerification: "discouraged" };
      await route.fulfill({ response, json });
    });
    await signInByPasskey();
    await page.getByRole("alert").filter({ hasText: "This passkey was not accepted." }).waitFor();
    await page.unroute(options);
    await devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
    await signInByPasskey();
    await expectConsent(page, email);

    await page.goto(`${host.publicUrl}/account`);
    await page.getByRole("button", { name: "Remove Test laptop" }).click();
    await page.getByText("You have none yet.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("**/sign-in");
    await signInByPasskey();
    await page.getByRole("alert").filter({ hasText: "This passkey was not accepted." }).waitFor();
    expect((await context.cookies()).some(({ name }) => name.includes("session_token"))).toBe(false);
  });

  test("an OpenID provider, at once for whoever types an address of its domain", async () => {
    const email = "employee@example.com";
    const page = await arrive(oidcOn(), email);
    oidc.human = { sub: "employee", email, email_verified: true };
    await page.getByLabel("E-mail address").fill(email);
    await page.keyboard.press("Tab");
    await expectConsent(page, email);
    expect(oidc.requests.at(-1)?.get("login_hint")).toBe(email);
  });

  test("an OpenID provider that fails: the page says so, and another way goes on with the same request", async () => {
    const email = "lead@example.com";
    const page = await arrive(oidcOn(), email);
    oidc.human = { sub: "lead", email, email_verified: false };
    await page.getByRole("button", { name: "Continue with your organization" }).click();
    await page.getByRole("alert").filter({ hasText: "has verified your e-mail address" }).waitFor();
    await page.locator("[role=alert]:focus").waitFor();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expectConsent(page, email);
  });

  test("a SAML identity provider, which sends the browser back with a form", async () => {
    const { entryPoint, entityId: issuer, certificate } = saml;
    const email = "saml-employee@example.com";
    saml.email = email;
    const page = await arrive(
      { saml: { enabled: true, entryPoint, issuer, certificate, forceRedirectDomains: [] } },
      email,
    );
    await page.getByRole("button", { name: "Continue with your organization" }).click();
    await page.waitForURL(`${new URL(entryPoint).origin}/**`);
    await page.getByRole("button", { name: "Continue" }).click();
    await expectConsent(page, email);
  });

  test("a forgotten password: the link of the mail, and the new one", async () => {
    const email = "contractor@example.com";
    const page = await arrive({}, email);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "E-mail me a link" }).click();
    await page.getByRole("status").filter({ hasText: "Look into your mailbox" }).waitFor();
    const link = /https?:\S+/.exec((await mail.next(email)).text)?.[0] ?? "";
    await page.goto(link);
    await page.getByLabel("New password").fill("another good password");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByRole("heading", { name: "Password changed" }).waitFor();
    await page.goto(client.authorizationUrl("issues").href);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password").fill("another good password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expectConsent(page, email);
  });
});
