/**
 * Makes the ids of one process: `n_<seconds>.<milliseconds>` as on the protocol page, then what makes them
 * unique: a random tag of the process and a count. The clock alone repeats itself within a millisecond and
 * goes back when it is set.
 *
 * @param tag random text that no other process has
 */
export function createNotificationIds(tag: string): (time: number) => string {
  let count = 0
  return (time) => {
    const seconds = Math.floor(time / 1000)
    const milliseconds = String(Math.floor(time) % 1000).padStart(3, '0')
    count += 1
    return `n_${seconds}.${milliseconds}-${tag}-${count.toString(36)}`
  }
}
