const ID_BYTES = 16

/** A random id. `randomUUID` exists on secure pages only; `getRandomValues` everywhere else. */
export function randomId(): string {
  const source: Partial<typeof globalThis.crypto> | undefined = globalThis.crypto
  if (source?.randomUUID !== undefined) return source.randomUUID()
  const bytes = new Uint8Array(ID_BYTES)
  if (source?.getRandomValues !== undefined) source.getRandomValues(bytes)
  // Some script engines inside apps have no crypto at all; these ids keep apart, they protect nothing.
  else for (let at = 0; at < ID_BYTES; at++) bytes[at] = Math.floor(Math.random() * 256)
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
