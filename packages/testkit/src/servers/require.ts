const told = new Set<string>()

/**
 * Whether tests that need a server can run: `describe.skipIf(!canUse(…))`. Where there is none, one line says how
 * to bring it; a run that must skip nothing sets CARILLON_REQUIRE_SERVERS, and fails instead.
 */
export function canUse(server: string, isFound: boolean, command: string): boolean {
  if (isFound) return true
  const message = `${server} is not installed: its tests did not run. To run them: ${command}`
  if (process.env.CARILLON_REQUIRE_SERVERS) throw new Error(message)
  if (!told.has(server)) console.warn(message)
  told.add(server)
  return false
}
