/** Whatever was opened is closed, the last first. */
export interface Stage {
  add<T extends { close(): void | Promise<void> }>(thing: T): T
}

export async function onStage<T>(play: (stage: Stage) => Promise<T>): Promise<T> {
  const opened: { close(): void | Promise<void> }[] = []
  try {
    return await play({
      add(thing) {
        opened.push(thing)
        return thing
      },
    })
  } finally {
    for (const thing of opened.reverse()) await thing.close()
  }
}
