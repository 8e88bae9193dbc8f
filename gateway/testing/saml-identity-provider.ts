/** A SAML 2.0 identity provider for tests, of the library samlify, with certificates of its own. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import samlify from "samlify";

/** What an assertion says, by the tags of the template. With `timeless` it says of no time when it holds. */
export type Assertion = Readonly<Record<string, string>>;

/** One answer, as the browser brings it to the gateway. */
export interface SamlAnswer {
  readonly SAMLResponse: string;
  readonly RelayState: string;
}

export interface SamlIdentityProvider {
  readonly entityId: string;
  readonly entryPoint: string;
  /** PEM. */
  readonly certificate: string;
  /** Address of whoever comes next to `entryPoint` with a browser. */
  email: string;
  /** A signed answer to the request in an address of the gateway's, with what is changed before it is signed. */
  answer(requestUrl: string, changes?: Assertion): Promise<SamlAnswer>;
  close(): Promise<void>;
}

const bearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const template = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{ID}" Version="2.0" IssueInstant="{IssueInstant}" Destination="{Destination}" InResponseTo="{InResponseTo}"><saml:Issuer>{Issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="{AssertionID}" Version="2.0" IssueInstant="{IssueInstant}"><saml:Issuer>{Issuer}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">{NameID}</saml:NameID><saml:SubjectConfirmation Method="${bearer}"><saml:SubjectConfirmationData NotOnOrAfter="{NotOnOrAfter}" Recipient="{Recipient}" InResponseTo="{InResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="{NotBefore}" NotOnOrAfter="{NotOnOrAfter}"><saml:AudienceRestriction><saml:Audience>{Audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AttributeStatement><saml:Attribute Name="email"><saml:AttributeValue>{Email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>`;

function makeCertificate(): { readonly key: string; readonly certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), "permit-mcp-gateway-saml-"));
  const request = "req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out certificate.pem -subj /CN=idp";
  execFileSync("openssl", request.split(" "), { cwd: folder, stdio: "pipe" });
  const [key, certificate] = ["key.pem", "certificate.pem"].map((name) => readFileSync(join(folder, name), "utf8"));
  rmSync(folder, { recursive: true });
  return { key: key ?? "", certificate: certificate ?? "" };
}

/** An identity provider for the gateway at `publicUrl`. */
export async function startSamlIdentityProvider(publicUrl: string): Promise<SamlIdentityProvider> {
  const { key, certificate } = makeCertificate();
  const entityId = "https://idp.example.com/saml";
  const acs = `${publicUrl}/api/auth/sso/saml2/sp/acs/saml`;
  const audience = `${publicUrl}/api/auth/sso/saml2/sp/metadata`;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const entryPoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sso`;

  const idp = samlify.IdentityProvider({
    entityID: entityId,
    signingCert: certificate,
    privateKey: key,
    isAssertionEncrypted: false,
    singleSignOnService: [{ Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", Location: entryPoint }],
    singleLogoutService: [{ Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect", Location: entryPoint }],
    loginResponseTemplate: { context: template, attributes: [] },
  });
  const sp = samlify.ServiceProvider({
    entityID: audience,
    wantAssertionsSigned: true,
    assertionConsumerService: [{ Binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", Location: acs }],
  });

  const self: SamlIdentityProvider = {
    entityId,
    entryPoint,
    certificate,
    email: "developer@example.com",
    answer: async (requestUrl, { timeless, ...changes } = {}) => {
      const { searchParams } = new URL(requestUrl);
      const request = inflateRawSync(Buffer.from(searchParams.get("SAMLRequest") ?? "", "base64")).toString("utf8");
      const requestId = /ID="([^"]+)"/.exec(request)?.[1] ?? "";
      const now = Date.now();
      const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
      const values: Assertion = {
        ID: `_${randomUUID()}`,
        AssertionID: `_${randomUUID()}`,
        Issuer: entityId,
        IssueInstant: at(0),
        NotBefore: at(-5),
        NotOnOrAfter: at(300),
        Destination: acs,
        Recipient: acs,
        Audience: audience,
        InResponseTo: requestId,
        NameID: self.email,
        Email: self.email,
        ...changes,
      };
      const fill = (text: string) => ({
        id: values.ID ?? "",
        context: (timeless ? text.replaceAll(/ Not(?:Before|OnOrAfter)="[^"]*"/g, "") : text).replaceAll(
          /\{(\w+)\}/g,
          (_tag, name: string) => values[name] ?? "",
        ),
      });
      const { context } = (await idp.createLoginResponse(
        sp,
        { extract: { request: { id: requestId } } },
        "post",
        {},
        { customTagReplacement: fill },
      )) as { context: string };
      return { SAMLResponse: context, RelayState: searchParams.get("RelayState") ?? "" };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on("request", (request, response) => {
    self
      .answer(new URL(request.url ?? "/", entryPoint).href)
      .then(({ SAMLResponse, RelayState }) => {
        const fields = Object.entries({ SAMLResponse, RelayState });
        const inputs = fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`).join("");
        response.writeHead(200, { "content-type": "text/html" });
        response.end(
          `<!doctype html><title>idp</title><form method="post" action="${acs}">${inputs}<button>Continue</button></form>`,
        );
      })
      .catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  return self;
}
