// Passkeys (WebAuthn): made and used by the browser, checked by the api. Each returns '' or a sentence.
import {
  startAuthentication,
  startRegistration,
  WebAuthnError,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/browser';

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/**
 * Signs in with a passkey of this device.
 * @returns '' when it did, else a sentence that says why not
 */
export async function signIn(): Promise<string> {
  try {
    const options = await fetch('/api/auth/passkey/generate-authenticate-options');
    const response = await startAuthentication({
      optionsJSON: (await options.json()) as PublicKeyCredentialRequestOptionsJSON,
    });
    const answer = await post('/api/auth/passkey/verify-authentication', { response });
    if (answer.ok) return '';
    return answer.status === 429 ? 'Too many tries. Wait a minute.' : 'That passkey is not known here.';
  } catch (err) {
    return inWords(err, 'No passkey was used.');
  }
}

/**
 * Keeps a passkey on this device.
 * @returns '' when it did, else a sentence that says why not
 */
export async function addPasskey(): Promise<string> {
  try {
    const answer = await fetch('/api/auth/passkey/generate-register-options');
    if (!answer.ok) return 'Sign in first, then keep a passkey.';
    const response = await startRegistration({
      optionsJSON: (await answer.json()) as PublicKeyCredentialCreationOptionsJSON,
    });
    const r = await post('/api/auth/passkey/verify-registration', {
      response,
      name: `Kept on ${new Date().toISOString().slice(0, 10)}`,
    });
    return r.ok ? '' : 'The passkey could not be kept. Try again.';
  } catch (err) {
    return inWords(err, 'No passkey was kept.');
  }
}

function inWords(err: unknown, refused: string): string {
  if (err instanceof WebAuthnError && err.code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED')
    return 'This device has a passkey already.';
  if (err instanceof Error && err.name === 'NotAllowedError') return refused;
  if (err instanceof TypeError) return 'mainloop does not answer. Try again.';
  return 'This browser does not support passkeys, or this address may not use them.';
}
