/** Property tests take their seed from here; who sees one fail runs it again with the same one. */
export function setup(): void {
  const seed = process.env.CARILLON_SEED
  process.stdout.write(`seed ${seed} (the same again: CARILLON_SEED=${seed})\n`)
}
