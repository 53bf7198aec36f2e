import type { NotificationDraft } from '@carillon/protocol'

/** Who sends in every workload. */
export const SENDER = 'Superviseur'
export const CHANNEL = 'devops'
const MESSAGE = 'CPU à 90 % sur prod-01, la charge monte depuis dix minutes et la file des tâches grandit.'

/** The nth notification: both servers send it, the load process knows what must arrive. */
export function nthNotification(n: number) {
  return {
    channel: CHANNEL,
    type: 'warning',
    title: `Alerte ${n}`,
    message: MESSAGE,
    data: { host: 'prod-01', metric: 'cpu', value: n },
  } as const satisfies Partial<NotificationDraft>
}

/** Channel of the nth client of a storm. */
export function nthChannel(n: number, channels: number): string {
  return `salon-${n % channels}`
}

/** How clients introduce themselves. */
export type Identity = 'guest' | 'identified'

/** How the names of those begin who mean well, where others do not. */
export const HONEST = 'honest'

/** No bound: what is measured is more than a person would do. */
export const MANY = Number.MAX_SAFE_INTEGER
