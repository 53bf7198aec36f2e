/**
 * The seed of this test run, for property tests: printed at the start of a run and set by `CARILLON_SEED` to
 * repeat one.
 */
export function seed(): number {
  const given = Number(process.env.CARILLON_SEED)
  return Number.isSafeInteger(given) && given > 0 ? given : Date.now() % 2 ** 31
}
