// Anybody can read a token, and write one; nobody but the server can sign one.

/** What a token says: its second part, of three. */
export function claimsOf(token) {
  const text = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))))
}

/** The same token with other claims, and the signature that it had. */
export function forged(token, changes) {
  const [header, , signature] = token.split('.')
  const bytes = new TextEncoder().encode(JSON.stringify({ ...claimsOf(token), ...changes }))
  const text = btoa(String.fromCharCode(...bytes))
  const claims = text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  return [header, claims, signature].join('.')
}
