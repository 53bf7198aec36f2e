/** The last resort for what nobody listens to: an error that is swallowed is never found. */
export function sayOnConsole(message: string, cause: unknown): void {
  console.error(message, cause)
}
