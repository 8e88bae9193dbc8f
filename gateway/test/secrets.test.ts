/** Secrets that a policy names: from variables, and from moto in the place of AWS Secrets Manager. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createEnvironmentSecrets } from "../src/adapters/secrets-environment.ts";
import { type ClosableSecrets, createSecretsManager } from "../src/adapters/secrets-manager.ts";
import { hasMoto, type Moto, startMoto } from "../testing/moto.ts";

const unavailable = { code: "SECRET_UNAVAILABLE" };

test("a policy can name no variable but those for secrets", async () => {
  const secrets = createEnvironmentSecrets({ AUTH_SECRET: "own", SECRET_LINEAR_KEY: "theirs", SECRET_EMPTY: "" });
  expect(await secrets.read("linear/key")).toBe("theirs");
  await expect(secrets.read("AUTH_SECRET")).rejects.toMatchObject(unavailable);
  await expect(secrets.read("empty")).rejects.toMatchObject(unavailable);
});

describe.runIf(hasMoto())("AWS Secrets Manager", () => {
  let moto: Moto;
  let admin: SecretsManagerClient;
  let secrets: ClosableSecrets;
  let now = new Date("2026-01-01T00:00:00Z");
  const later = (minutes: number) => {
    now = new Date(now.getTime() + minutes * 60_000);
  };

  beforeAll(async () => {
    moto = await startMoto();
    const aws = { AWS_ENDPOINT_URL: moto.url, AWS_REGION: "eu-central-1" };
    Object.assign(process.env, aws, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    admin = new SecretsManagerClient({});
    secrets = createSecretsManager("gateway-demo/", () => now);
    for (const [Name, SecretString] of [
      ["gateway-demo/linear/key", "first"],
      ["gateway-other/key", "foreign"],
    ]) {
      await admin.send(new CreateSecretCommand({ Name, SecretString }));
    }
  });
  afterAll(async () => {
    secrets.close();
    admin.destroy();
    await moto.stop();
  });

  test("is read below the prefix alone", async () => {
    expect(await secrets.read("linear/key")).toBe("first");
    await expect(secrets.read("gateway-other/key")).rejects.toMatchObject(unavailable);
    await expect(secrets.read("../gateway-other/key")).rejects.toMatchObject(unavailable);
  });

  test("a rotated secret is known after five minutes, a deleted one is gone, and an outage changes nothing", async () => {
    await admin.send(new UpdateSecretCommand({ SecretId: "gateway-demo/linear/key", SecretString: "second" }));
    expect(await secrets.read("linear/key")).toBe("first");
    later(6);
    expect(await Promise.all([secrets.read("linear/key"), secrets.read("linear/key")])).toEqual(["second", "second"]);

    const cut = createSecretsManager("gateway-demo/", () => now);
    expect(await cut.read("linear/key")).toBe("second");
    later(6);
    await admin.send(
      new DeleteSecretCommand({ SecretId: "gateway-demo/linear/key", ForceDeleteWithoutRecovery: true }),
    );
    await expect(secrets.read("linear/key")).rejects.toMatchObject(unavailable);
    await moto.stop();
    expect(await cut.read("linear/key")).toBe("second");
    await expect(cut.read("another")).rejects.toMatchObject(unavailable);
    cut.close();
  });
});
