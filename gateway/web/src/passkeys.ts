/** Passkeys (WebAuthn) in this browser. */
import {
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { ApiError, getJson, postJson } from "./api.ts";

const path = "/api/auth/passkey";

/** The human closed the browser's own dialog, or it gave up: between these a page can't tell. */
const notDone = () => new ApiError("PASSKEY_NOT_DONE", "No passkey was used. Try again, or sign in another way.", 0);

async function ceremony<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch {
    throw notDone();
  }
}

export async function signInWithPasskey(): Promise<void> {
  const optionsJSON = await getJson<PublicKeyCredentialRequestOptionsJSON>(`${path}/generate-authenticate-options`);
  const response = await ceremony(() => startAuthentication({ optionsJSON }));
  await postJson(`${path}/verify-authentication`, { response });
}

export async function addPasskey(name: string): Promise<void> {
  const optionsJSON = await getJson<PublicKeyCredentialCreationOptionsJSON>(`${path}/generate-register-options`);
  const response = await ceremony(() => startRegistration({ optionsJSON }));
  await postJson(`${path}/verify-registration`, { response, name });
}

export async function removePasskey(id: string): Promise<void> {
  await postJson(`${path}/delete-passkey`, { id });
}
