const ID_BYTES = 16

/** A random id. `randomUUID` exists on secure pages only; `getRandomValues` everywhere else. */
export function randomId(): string {
  const source: Partial<typeof globalThis.crypto> | undefined = globalThis.crypto
  if (source?.randomUUID !== undefined) return source.randomUUID()
  const bytes = new Uint8Array(ID_BYTES)
  // Some script engines inside apps have no crypto at all; these ids keep apart, they protect nothing.
  const random = source?.getRandomValues?.(bytes) ?? bytes.map(() => Math.random() * 256)
  return Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
