import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { ConsentServer } from "../src/consent/contract.ts";
import { noChromium, show } from "./test/browser.ts";
import {
  accountView,
  choiceView,
  connected,
  consentView,
  enteredServers,
  grants,
  ownServer,
  signedQuery,
  signInChoiceView,
  signInConsentView,
  signInNeeded,
  signInView,
} from "./test/fixtures.ts";
import { pageTests } from "./test/page-tests.ts";
import type { Answer } from "./test/stub-gateway.ts";

const consentPath = `/consent?${signedQuery}`;
const signInPost = "POST /api/auth/sign-in/email";

interface Scene {
  readonly name: string;
  readonly path: string;
  readonly api?: Readonly<Record<string, Answer>>;
  /** Brings the page into the state to look at. */
  readonly act?: (page: Page) => Promise<void>;
  readonly heading: string;
}

const press = (name: string) => (page: Page) => page.getByRole("button", { name, exact: true }).click();
const ok = (body: unknown): Answer => ({ status: 200, body });
const refuse = (status: number, error = "REFUSED"): Answer => ({ status, body: { error, message: "It was refused." } });
const signIn = ok(signInView(["password"]));
const every = signInView(["passkey", "google", "github", "microsoft", "saml", "password", "otp"]);
const fillEmail = (page: Page) => page.getByLabel("E-mail address").fill("developer@example.com");

const manyServers = ["Build", "Calendar", "Chat", "Documents", "Documents of the archive", "Issues", "Mail", "Wiki"];

const scenes: readonly Scene[] = [
  { name: "sign-in", path: "/sign-in", api: { "GET /api/sign-in": signIn }, heading: "Sign in" },
  {
    name: "sign-in refused",
    path: `/sign-in?${signedQuery}`,
    api: { "GET /api/sign-in": signIn, [signInPost]: refuse(401) },
    act: async (page) => {
      await page.getByLabel("E-mail address").fill("developer@example.com");
      await page.getByLabel("Password").fill("wrong");
      await press("Sign in")(page);
      await page.getByRole("alert").waitFor();
    },
    heading: "Sign in",
  },
  {
    name: "sign-in every method",
    path: `/sign-in?${signedQuery}#failed=SIGN_IN_FAILED`,
    api: { "GET /api/sign-in": ok(every) },
    heading: "Sign in",
  },
  {
    name: "sign-in code",
    path: "/sign-in",
    api: {
      "GET /api/sign-in": ok(signInView(["otp"])),
      "POST /api/auth/email-otp/send-verification-otp": ok({ sent: true }),
    },
    act: async (page) => {
      await fillEmail(page);
      await press("E-mail me a code")(page);
      await press("Send a new code")(page);
      await page.getByRole("status").waitFor();
    },
    heading: "Sign in",
  },
  { name: "sign-up", path: "/sign-up", api: { "GET /api/sign-in": signIn }, heading: "Create an account" },
  {
    name: "sign-up code",
    path: "/sign-up",
    api: {
      "GET /api/sign-in": signIn,
      "POST /api/sign-up/code": ok({ sent: true }),
      "POST /api/sign-up": refuse(400, "CODE_WRONG"),
    },
    act: async (page) => {
      await fillEmail(page);
      await press("Continue")(page);
      await page.getByLabel("Code from the mail").fill("123456");
      await page.getByLabel("Choose a password").fill("correct horse battery");
      await press("Create account")(page);
      await page.getByRole("alert").waitFor();
    },
    heading: "Create an account",
  },
  {
    name: "sign-up closed",
    path: "/sign-up",
    api: { "GET /api/sign-in": ok(signInView(["google"])) },
    heading: "Create",
  },
  { name: "forgot password", path: "/forgot-password", heading: "Forgot your password?" },
  {
    name: "forgot password sent",
    path: "/forgot-password",
    api: { "POST /api/auth/request-password-reset": ok({ sent: true }) },
    act: async (page) => {
      await fillEmail(page);
      await press("E-mail me a link")(page);
    },
    heading: "Forgot your password?",
  },
  { name: "reset password", path: "/reset-password#token", heading: "Choose a new password" },
  {
    name: "reset password done",
    path: "/reset-password#token",
    api: { "POST /api/auth/reset-password": ok({}) },
    act: async (page) => {
      await page.getByLabel("New password").fill("correct horse battery");
      await press("Change password")(page);
    },
    heading: "Password changed",
  },
  { name: "account", path: "/account", api: { "GET /api/account": ok(accountView) }, heading: "Your account" },
  {
    name: "account bare",
    path: "/account",
    api: {
      "GET /api/account": ok({
        ...accountView,
        password: { on: true, set: false },
        passkeys: { on: true, list: [] },
      }),
    },
    heading: "Your account",
  },
  { name: "account signed out", path: "/account", api: { "GET /api/account": refuse(401) }, heading: "Your account" },
  {
    name: "consent",
    path: consentPath,
    api: { "GET /api/consent": ok(consentView("high")) },
    heading: "Connect an agent",
  },
  {
    name: "consent limited",
    path: consentPath,
    api: { "GET /api/consent": ok(consentView("medium")) },
    act: (page) => page.getByText("Write", { exact: true }).click(),
    heading: "Connect an agent",
  },
  {
    name: "consent changed",
    path: consentPath,
    api: { "GET /api/consent": ok(consentView("high")), "POST /api/consent": refuse(403, "CEILING_EXCEEDED") },
    act: async (page) => {
      await press("Authorize")(page);
      await page.getByRole("alert").waitFor();
    },
    heading: "Connect an agent",
  },
  {
    name: "consent empty",
    path: consentPath,
    api: { "GET /api/consent": ok({ ...consentView("low"), server: null }) },
    heading: "No access to this server",
  },
  {
    name: "choice",
    path: consentPath,
    api: { "GET /api/consent": ok(choiceView(["Calendar", "Documents", "Issue tracker"])) },
    act: (page) => page.getByRole("checkbox", { name: "Documents" }).check(),
    heading: "Choose servers",
  },
  {
    name: "choice searched",
    path: consentPath,
    api: { "GET /api/consent": ok(choiceView(manyServers)) },
    act: (page) => page.getByLabel("Search").fill("documents"),
    heading: "Choose servers",
  },
  {
    name: "choice made",
    path: consentPath,
    api: { "GET /api/consent": ok(choiceView(["Calendar", "Documents", "Issue tracker"], ["documents"])) },
    heading: "Connect an agent",
  },
  {
    name: "choice of several",
    path: consentPath,
    api: {
      "GET /api/consent": ok(choiceView(["Calendar", "Documents", "Issue tracker"], ["calendar", "documents"])),
    },
    act: async (page) => {
      await page.getByText("Write", { exact: true }).first().click();
      await page.getByText("Tools of Documents").click();
    },
    heading: "Connect an agent",
  },
  {
    name: "choice of several, sign in at one",
    path: consentPath,
    api: {
      "GET /api/consent": ok(signInChoiceView(["Calendar", "Documents"], "documents")),
      "POST /api/connect": ok({ ...signInNeeded, name: "Documents" }),
    },
    act: (page) => page.getByRole("button", { name: "Sign in at Documents" }).waitFor(),
    heading: "Connect an agent",
  },
  {
    name: "choice empty",
    path: consentPath,
    api: { "GET /api/consent": ok(choiceView([])) },
    heading: "No servers yet",
  },
  {
    name: "consent expired",
    path: consentPath,
    api: { "GET /api/consent": refuse(400) },
    heading: "This request has expired",
  },
  {
    name: "consent sent",
    path: consentPath,
    api: {
      "GET /api/consent": ok(consentView("low")),
      "POST /api/consent": ok({ redirect: "example-editor://mcp/oauth?code=1" }),
    },
    act: press("Authorize"),
    heading: "Authorized",
  },
  { name: "agents", path: "/", api: { "GET /api/grants": ok({ grants }) }, heading: "Your agents" },
  {
    name: "agents revoke",
    path: "/",
    api: { "GET /api/grants": ok({ grants }) },
    act: (page) => page.getByRole("button", { name: "Revoke Example Editor on Issue tracker" }).click(),
    heading: "Revoke Example Editor on Issue tracker?",
  },
  {
    name: "agents lower",
    path: "/",
    api: { "GET /api/grants": ok({ grants }) },
    act: (page) => page.getByRole("button", { name: "Lower Example Assistant on Everything" }).click(),
    heading: "How much may Example Assistant still do on Everything?",
  },
  {
    name: "agents without access",
    path: "/",
    api: { "GET /api/grants": ok({ grants: grants.map((grant) => ({ ...grant, ceiling: null })) }) },
    heading: "Your agents",
  },
  { name: "agents empty", path: "/", api: { "GET /api/grants": ok({ grants: [] }) }, heading: "Your agents" },
  { name: "agents signed out", path: "/", api: { "GET /api/grants": refuse(401) }, heading: "Your agents" },
  {
    name: "error",
    path: "/error?error=invalid_client&error_description=client%20not%20found",
    heading: "This could not go on",
  },
  {
    name: "consent sign in at the server",
    path: consentPath,
    api: { "GET /api/consent": ok(signInConsentView()), "POST /api/connect": ok(signInNeeded) },
    act: (page) => page.getByRole("button", { name: "Sign in at Issue tracker" }).waitFor(),
    heading: "Connect an agent",
  },
  {
    name: "consent no way to the server",
    path: consentPath,
    api: {
      "GET /api/consent": ok(signInConsentView()),
      "POST /api/connect": ok(signInNeeded),
      "POST /api/connect/start": refuse(502, "UPSTREAM_SIGN_IN_FAILED"),
    },
    act: async (page) => {
      await press("Sign in at Issue tracker")(page);
      await page.getByRole("alert").waitFor();
    },
    heading: "Connect an agent",
  },
  {
    name: "consent other tools",
    path: consentPath,
    api: {
      "GET /api/consent": ok(consentView("high")),
      "POST /api/connect": ok(connected(["get_issue"], ["export_issues", "merge_issues"], ["create_issue"])),
    },
    act: (page) => page.getByText("does not have").waitFor(),
    heading: "Connect an agent",
  },
  {
    name: "consent server away",
    path: consentPath,
    api: { "GET /api/consent": ok(consentView("high")), "POST /api/connect": refuse(502, "UPSTREAM_UNAVAILABLE") },
    act: (page) => page.getByText("could not be asked").waitFor(),
    heading: "Connect an agent",
  },
  {
    name: "connect again",
    path: "/connect/issues",
    api: { "POST /api/connect": ok(signInNeeded) },
    act: (page) => page.getByRole("button", { name: "Sign in at Issue tracker" }).waitFor(),
    heading: "Connect to a server again",
  },
  {
    name: "connect again done",
    path: "/connect/issues",
    api: { "POST /api/connect": ok(connected()) },
    heading: "You are connected",
  },
  {
    name: "connect again for more",
    path: "/connect/issues",
    api: { "POST /api/connect": ok({ ...connected(), askedForMore: true }) },
    act: (page) => page.getByText("wants you to allow more").waitFor(),
    heading: "Connect to a server again",
  },
  {
    name: "connect again signed out",
    path: "/connect/issues",
    api: { "POST /api/connect": refuse(401) },
    heading: "Sign in first",
  },
  {
    name: "own server beside others",
    path: consentPath,
    api: { "GET /api/consent": ok(choiceView(["Calendar", "Documents"], [], { left: 3, ceiling: "medium" })) },
    heading: "Connect another server",
  },
  {
    name: "own server connecting",
    path: consentPath,
    api: {
      "GET /api/consent": ok(choiceView([], [], { left: 10, ceiling: "high" })),
      "POST /api/servers": { status: 200, body: {}, hang: true },
    },
    act: async (page) => {
      await page.getByLabel("Address of the server").fill("https://tools.example.com/mcp");
      await press("Connect")(page);
    },
    heading: "Connect a server",
  },
  {
    name: "own server refused",
    path: consentPath,
    api: {
      "GET /api/consent": ok(choiceView(["Calendar"], [], { left: 0, ceiling: "low" })),
      "POST /api/servers": {
        status: 403,
        body: {
          error: "SERVER_URL_REFUSED",
          message:
            "The gateway does not connect to this address. It must be an https address on the public Internet, unless an admin has listed its host.",
        },
      },
    },
    act: async (page) => {
      await page.getByLabel("Address of the server").fill("https://10.0.0.1/mcp");
      await press("Connect")(page);
      await page.getByRole("alert").waitFor();
    },
    heading: "Connect another server",
  },
  {
    name: "own server consent",
    path: consentPath,
    api: {
      "GET /api/consent": ok({
        ...consentView("low"),
        server: ownServer((consentView("low").server as ConsentServer).tools),
      }),
      "POST /api/connect": ok(connected([], ["send_mail"], ["get_issue"])),
    },
    heading: "Connect an agent",
  },
  {
    name: "own server without tools",
    path: consentPath,
    api: { "GET /api/consent": ok({ ...consentView("low"), server: ownServer() }) },
    heading: "Connect an agent",
  },
  {
    name: "agents own servers",
    path: "/",
    api: { "GET /api/grants": ok({ grants }), "GET /api/servers": ok(enteredServers) },
    heading: "Servers of your own",
  },
  {
    name: "agents forget",
    path: "/",
    api: { "GET /api/grants": ok({ grants: [] }), "GET /api/servers": ok(enteredServers) },
    act: (page) => page.getByRole("button", { name: "Forget tools.example.com/mcp" }).click(),
    heading: "Forget tools.example.com/mcp?",
  },
  { name: "not found", path: "/nowhere", heading: "There is no such page" },
];

describe.skipIf(noChromium)("every page is accessible and fits", () => {
  const tests = pageTests();
  let axeSource = "";
  beforeAll(async () => {
    axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  });

  it.each(scenes)("$name", async (scene) => {
    for (const [route, answer] of Object.entries(scene.api ?? {})) tests.gateway.api.set(route, answer);
    const page = await tests.open(scene.path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByText("Loading").waitFor({ state: "detached" });
    await scene.act?.(page);
    await page.getByRole("heading", { name: scene.heading }).waitFor();

    await page.evaluate(axeSource);
    for (const scheme of ["light", "dark"] as const) {
      await show(page, { scheme });
      // Only the colours differ between the two.
      const rules = scheme === "light" ? "" : '{ runOnly: ["color-contrast"] }';
      const results = (await page.evaluate(`axe.run(${rules})`)) as AxeResults;
      const found = results.violations.map((rule) => `${rule.id}: ${rule.nodes.map((node) => node.html).join(" | ")}`);
      expect(found).toEqual([]);
      // An empty page has nothing to violate.
      expect(results.passes.map((rule) => rule.id)).toContain("color-contrast");
    }
    // WCAG 2.2, 1.4.10: no scrolling in two directions, down to 320 px. The colours don't matter to that.
    for (const scheme of process.env.SCREENSHOTS === undefined ? (["light"] as const) : (["light", "dark"] as const)) {
      for (const width of [320, 360, 1280]) {
        await show(page, { scheme, width });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        await keepScreenshot(page, `${scene.name} ${scheme} ${width}`);
      }
    }
  });
});

/** With SCREENSHOTS=<folder>, keeps what the test saw, for a human to look at. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  const size = page.viewportSize();
  if (folder === undefined || size === null) return;
  // A window as high as the page: in a picture of the whole page, buttons that stick to the bottom would be in its middle.
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: size.width, height });
  await page.screenshot({ path: `${folder}/${name}.png` });
  await page.setViewportSize(size);
}
